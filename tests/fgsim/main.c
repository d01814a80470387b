// SPDX-License-Identifier: MIT
/*
 * A simulated PCIe frame grabber behind QEMU's ivshmem-doorbell; what it does is in
 * the data sheet, driver/hw/fgsim/regs.h.  scripts/vm/boot --card fgsim starts it.
 */
#define _GNU_SOURCE
#include "board.h"
#include "fill.h"
#include "now.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define SLEEP_MIN_NS	50000		/* frames that are due closer together are made at once */
#define LOOK_AROUND_NS	NS_PER_MS	/* how long a busy card does not look at its sockets */
#define CATCH_UP_MS	2
#define CATCH_UP_MS_MAX	1000

static volatile sig_atomic_t end_asked, reset_asked;

static void on_signal(int number)
{
	if (number == SIGHUP)
		reset_asked = 1;
	else
		end_asked = 1;
}

/* Signals come only while we wait, in ppoll(). */
static void catch_signals(sigset_t *while_waiting)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t ours;

	sigemptyset(&ours);
	sigaddset(&ours, SIGHUP);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	sigprocmask(SIG_BLOCK, &ours, while_waiting);
	for (int number = 1; number < SIGRTMIN; number++)
		if (sigismember(&ours, number) == 1)
			sigaction(number, &action, NULL);
	sigdelset(while_waiting, SIGHUP);
	sigdelset(while_waiting, SIGTERM);
	sigdelset(while_waiting, SIGINT);
}

/* Wait for QEMU, the doorbell, a signal or the time; false at QEMU's end. */
static bool look_around(struct board *board, uint64_t ns, const sigset_t *signals)
{
	struct pollfd sources[] = {
		{ .fd = board->link.socket, .events = POLLIN },
		{ .fd = board->link.doorbell, .events = POLLIN },
	};
	struct timespec time = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	if (ppoll(sources, 2, ns == NEVER ? NULL : &time, signals) < 0)
		return errno == EINTR;
	if (sources[1].revents)
		link_clear_doorbell(&board->link);
	return !sources[0].revents || link_alive(&board->link);
}

static bool rest(struct board *board, uint64_t now, uint64_t until, const sigset_t *signals)
{
	uint64_t ns = until == NEVER ? NEVER :
		      until < now + SLEEP_MIN_NS ? SLEEP_MIN_NS : until - now;
	bool alive = true;

	if (board_may_sleep(board))
		alive = look_around(board, ns, signals);
	board_wakes(board);
	return alive;
}

/* Until QEMU ends or we are asked to. */
static void serve(struct board *board, const sigset_t *signals)
{
	uint64_t looked_ns = now_ns(), now = looked_ns, again;
	bool alive = true;

	while (alive && !end_asked) {
		if (reset_asked) {
			reset_asked = 0;
			board_bus_reset(board);
		}
		now = now_ns();
		again = board_work(board, now);
		if (again > now) {
			alive = rest(board, now, again, signals);
			looked_ns = now;
		} else if (now > looked_ns + LOOK_AROUND_NS) {
			alive = look_around(board, 0, signals);
			looked_ns = now;
		}
	}
}

static bool wait_for_guest(struct board *board, const sigset_t *signals)
{
	struct pollfd listener = { .fd = board->link.listener, .events = POLLIN };

	while (!end_asked)
		if (ppoll(&listener, 1, NULL, signals) == 1 &&
		    link_accept(&board->link, board->memory))
			return true;
	return false;
}

static void __attribute__((noreturn)) usage(int status)
{
	fprintf(status ? stderr : stdout,
		"usage: fgsim --socket PATH --ram FILE [--ram-base ADDRESS] [--catch-up-ms TIME]\n"
		"             [--streams COUNT]\n"
		"\n"
		"A simulated PCIe frame grabber for a guest of QEMU with\n"
		"  -object memory-backend-file,id=ram,size=SIZE,mem-path=FILE,share=on\n"
		"  -machine q35,memory-backend=ram\n"
		"  -chardev socket,id=fgsim,path=PATH -device ivshmem-doorbell,chardev=fgsim,vectors=%d\n"
		"\n"
		"ADDRESS is where RAM begins on the machine's bus: 0, the default, on a PC,\n"
		"0x40000000 on -machine virt of qemu-system-aarch64.\n"
		"\n"
		"A card that its host did not let run for longer than TIME, by default %d, loses the\n"
		"frames that were due: so many at once only a card with much memory would make.\n"
		"\n"
		"A card has COUNT streams, 1 or %d, by default 1; QEMU then needs vectors=2 for each\n"
		"of them.\n"
		"\n"
		"It prints \"ready\" when QEMU may come. SIGHUP tells it that the bus was reset.\n",
		FGSIM_VECTORS, CATCH_UP_MS, FGSIM_STREAMS_MAX);
	exit(status);
}

/* Whatever RAM there is must end before the addresses do. */
static uint64_t parse_base(const char *text)
{
	uint64_t base;
	char *end;

	errno = 0;
	base = strtoumax(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		errx(2, "--ram-base %s: not an address", text);
	if (base > UINT64_MAX - RAM_BYTES_MAX)
		errx(2, "--ram-base %s: leaves no room for the RAM", text);
	return base;
}

/* BAR2 has a power of two bytes. */
static uint32_t parse_streams(const char *text)
{
	if ((text[0] != '1' && text[0] != '0' + FGSIM_STREAMS_MAX) || text[1])
		errx(2, "--streams %s: a card has 1 stream or %d", text, FGSIM_STREAMS_MAX);
	return text[0] - '0';
}

static uint64_t parse_ms(const char *text)
{
	char *end;
	unsigned long ms;

	errno = 0;
	ms = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || ms > CATCH_UP_MS_MAX)
		errx(2, "--catch-up-ms %s: not a number from 0 to %d", text, CATCH_UP_MS_MAX);
	return ms;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "ram", required_argument, NULL, 'r' },
		{ "ram-base", required_argument, NULL, 'b' },
		{ "catch-up-ms", required_argument, NULL, 'c' },
		{ "streams", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = NULL, *ram = NULL;
	uint64_t slack_ns = CATCH_UP_MS * NS_PER_MS;
	static struct board board;
	uint32_t streams = 1;
	sigset_t signals;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			path = optarg;
		else if (option == 'r')
			ram = optarg;
		else if (option == 'b')
			board.ram.base = parse_base(optarg);
		else if (option == 'c')
			slack_ns = parse_ms(optarg) * NS_PER_MS;
		else if (option == 'n')
			streams = parse_streams(optarg);
		else
			usage(option == 'h' ? 0 : 2);
	}
	if (!path || !ram || optind != argc)
		usage(2);

	prctl(PR_SET_TIMERSLACK, 1UL);
	catch_signals(&signals);
	fill_prepare();
	board_create(&board, streams, slack_ns);
	link_listen(&board.link, path);
	puts("ready");
	fflush(stdout);
	while (wait_for_guest(&board, &signals)) {
		ram_open(&board.ram, ram);
		board_power_on(&board);
		serve(&board, &signals);
		ram_close(&board.ram);
		link_close(&board.link);
	}
	unlink(path);
	return 0;
}
