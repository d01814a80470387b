// SPDX-License-Identifier: MIT
/* How keys and answers are told from each other in what a terminal sends. */
#include "lib/keyboard.h"

#include <string.h>
#include "tap.h"

#define KITTY_YES "\033_" KEYBOARD_YES "\033\\"

static struct keyboard keyboard;
static int keys[600];
static unsigned int count;

static void forget(void)
{
	memset(&keyboard, 0, sizeof(keyboard));
	count = 0;
}

static void take(const char *bytes)
{
	int key;

	for (; *bytes; bytes++) {
		key = keyboard_take(&keyboard, *bytes);
		if (key)
			keys[count++] = key;
	}
}

/* Since forget() */
static void check_keys(const char *expected)
{
	unsigned int i;

	CHECK_EQ(count, strlen(expected));
	for (i = 0; i < count && expected[i]; i++)
		CHECK_EQ(keys[i], expected[i]);
}

static void check_answer(const char *bytes, bool came, bool sixel, bool kitty)
{
	forget();
	take(bytes);
	if (!CHECK_EQ(keyboard.answer.came, came) || !CHECK_EQ(keyboard.answer.sixel, sixel) ||
	    !CHECK_EQ(keyboard.answer.kitty, kitty))
		printf("# after '%s'\n", bytes + 1);
	check_keys("");
}

TEST(characters_are_keys)
{
	take("q +\177");
	check_keys("q +\177");
}

TEST(arrows_are_keys)
{
	take("\033[A\033[B\033OC\033OD\033[1;5C\033[3~");
	REQUIRE_EQ(count, 6);
	CHECK_EQ(keys[0], TERMINAL_UP);
	CHECK_EQ(keys[1], TERMINAL_DOWN);
	CHECK_EQ(keys[2], TERMINAL_RIGHT);
	CHECK_EQ(keys[3], TERMINAL_LEFT);
	CHECK_EQ(keys[4], TERMINAL_RIGHT);
	CHECK_EQ(keys[5], TERMINAL_OTHER);
}

TEST(escape_is_no_key_and_takes_none_away)
{
	take("\033q\033\033 ");
	check_keys("q ");
}

TEST(attributes_tell_of_sixels)
{
	check_answer("\033[?62;4;22c", true, true, false);
	check_answer("\033[?62;22;4c", true, true, false);
	check_answer("\033[?1;2;4c", true, true, false);
	check_answer("\033[?62;22c", true, false, false);
	check_answer("\033[?6c", true, false, false);
	check_answer("\033[?64;14;40;44c", true, false, false);
	check_answer("\033[?4c", true, false, false);	/* a VT132 */
}

TEST(only_yes_is_yes)
{
	check_answer(KITTY_YES "\033[?62c", true, false, true);
	check_answer(KITTY_YES "\033[?62;4c", true, true, true);
	check_answer("\033_Gi=4711;EINVAL:no\033\\\033[?62c", true, false, false);
	check_answer("\033_Gi=4712;OK\033\\", false, false, false);
}

TEST(keys_between_answers_stay)
{
	take("+" KITTY_YES "c\033[?62;4;22cq");
	check_keys("+cq");
	CHECK(keyboard.answer.came && keyboard.answer.sixel && keyboard.answer.kitty);
}

/* Each byte comes alone here; each end of an answer may also be the end of the input. */
TEST(a_part_of_an_answer_is_no_key)
{
	static const char answer[] = KITTY_YES "\033[?62;4c";
	size_t i;

	for (i = 0; i < sizeof(answer) - 1; i++) {
		CHECK(!keyboard.answer.came);
		CHECK(!keyboard_take(&keyboard, answer[i]));
	}
	CHECK(keyboard.answer.came);
}

TEST(what_only_begins_like_an_answer_does_not_keep_keys_for_ever)
{
	char many[300];

	take("\033_q");
	check_keys("q");
	memset(many, 'x', sizeof(many));
	many[sizeof(many) - 1] = '\0';
	forget();
	take("\033_G");
	take(many);
	CHECK(count > 0);
	forget();
	take("\033_Gi\033q");
	check_keys("q");
	forget();
	take("\033[1;2\033[Aq");
	CHECK_EQ(count, 2);
}

TEST(a_long_answer_fits)
{
	unsigned int i;

	take("\033[?62");
	for (i = 0; i < 1000; i++)
		take(";4");
	take("c");
	check_keys("");
	CHECK(keyboard.answer.came && keyboard.answer.sixel);
}

int main(void)
{
	return tap_run(forget, NULL);
}
