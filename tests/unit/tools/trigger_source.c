// SPDX-License-Identifier: MIT
/* What makes a trigger, and when it says that was. */
#include "fake_frames.h"

#include <signal.h>
#include "lib/clock.h"
#include "lib/trigger_source.h"

static struct trigger_source source;

static int begin(const char *text)
{
	source = (struct trigger_source){ 0 };
	REQUIRE_EQ(trigger_source_parse(&source, text), 0);
	return trigger_source_begin(&source, NULL);
}

/* One has come, between @before and now. */
static void came_since(uint64_t before)
{
	uint64_t came = trigger_source_came(&source);

	CHECK(came >= before);
	CHECK(came <= clock_ns());
	CHECK_EQ(trigger_source_came(&source), 0);
}

static void touch(const char *path, time_t seconds)
{
	const struct timespec times[2] = { { seconds, 0 }, { seconds, 0 } };

	if (access(path, F_OK))
		fclose(fopen(path, "w"));
	if (seconds)
		REQUIRE(!utimensat(AT_FDCWD, path, times, 0));
}

TEST(words)
{
	static const char *const bad[] = {
		"", "file", "file=", "control=", "every=", "every=0", "every=x", "signal=", "lines",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!CHECK(trigger_source_parse(&source, bad[i])))
			printf("# %s\n", bad[i]);
	REQUIRE_EQ(trigger_source_parse(&source, "file=a=b"), 0);
	CHECK(!strcmp(source.name, "a=b"));
	REQUIRE_EQ(trigger_source_parse(&source, "every=0.5"), 0);
	CHECK_EQ(source.period_ns, NS_PER_SECOND / 2);
}

TEST(a_signal)
{
	uint64_t before;

	CHECK_EQ(begin("signal"), 0);
	CHECK_EQ(trigger_source_came(&source), 0);
	before = clock_ns();
	raise(SIGUSR1);
	came_since(before);
}

TEST(a_file_that_is_made_changed_and_removed)
{
	CHECK_EQ(begin("file=f"), 0);
	CHECK_EQ(trigger_source_came(&source), 0);
	touch("f", 0);
	came_since(clock_ns() - 10 * NS_PER_SECOND);
	touch("f", 1);
	/* In 1970 there was no such clock: it was now. */
	came_since(clock_ns() - NS_PER_SECOND);
	touch("f", 4000000000);
	came_since(clock_ns() - NS_PER_SECOND);
	REQUIRE(!unlink("f"));
	CHECK_EQ(trigger_source_came(&source), 0);
	touch("f", 0);
	CHECK(trigger_source_came(&source));
}

TEST(lines)
{
	uint64_t before;
	int ends[2];

	REQUIRE(!pipe(ends) && dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
	CHECK_EQ(begin("line"), 0);
	CHECK_EQ(trigger_source_came(&source), 0);
	before = clock_ns();
	REQUIRE_EQ(write(ends[1], "a", 1), 1);
	CHECK_EQ(trigger_source_came(&source), 0);
	REQUIRE_EQ(write(ends[1], "\n\n", 2), 2);
	came_since(before);
	CHECK(!source.ended);
	close(ends[1]);
	CHECK_EQ(trigger_source_came(&source), 0);
	CHECK(source.ended);
}

TEST(from_time_to_time)
{
	uint64_t before = clock_ns(), first;

	CHECK_EQ(begin("every=60"), 0);
	CHECK_EQ(trigger_source_came(&source), 0);
	CHECK(trigger_source_next_ns(&source) >= before + 60 * NS_PER_SECOND);
	/* As if we had slept: one that was missed is none, the beat stays. */
	source.next_ns -= 2 * 60 * NS_PER_SECOND;
	first = source.next_ns;
	CHECK_EQ(trigger_source_came(&source), first);
	CHECK_EQ((source.next_ns - first) % (60 * NS_PER_SECOND), 0);
	CHECK_EQ(trigger_source_came(&source), 0);
}

int main(void)
{
	return tap_run(fake_frames_prepare, scratch_remove);
}
