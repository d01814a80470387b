// SPDX-License-Identifier: MIT
/* To lend memory costs hardly more than to register it with io_uring, which pins it, too. */
#define _GNU_SOURCE
#include <sys/uio.h>
#include "async.h"
#include "lend.h"
#include "price.h"
#include "virt.h"

#define ROUNDS	9
#define BYTES	(8UL << 20)
#define HUGE	(2UL << 20)

static double register_price(void *memory)
{
	struct iovec vector = { memory, BYTES };
	struct uring uring = uring_create();
	double values[ROUNDS];

	for (int round = 0; round < ROUNDS; round++) {
		long long start = now_ns();

		REQUIRE(!syscall(SYS_io_uring_register, uring.fd, IORING_REGISTER_BUFFERS,
				 &vector, 1));
		values[round] = price_each(start, 1);
		REQUIRE(!syscall(SYS_io_uring_register, uring.fd, IORING_UNREGISTER_BUFFERS,
				 NULL, 0));
	}
	close(uring.fd);
	return price_least(values, ROUNDS);
}

static double import_price(void *memory)
{
	struct dmaring_import argument = import_argument(memory, BYTES);
	double values[ROUNDS];

	for (int round = 0; round < ROUNDS; round++) {
		struct stream stream = lender_attach();
		long long start = now_ns();

		REQUIRE_EQ(call(stream.fd, DMARING_IOC_IMPORT, &argument), 0);
		values[round] = price_each(start, 1);
		close(stream.fd);
	}
	printf("# %u segments\n", argument.segments);
	return price_least(values, ROUNDS);
}

static void compare(void *memory, const char *what)
{
	double registered, imported;
	char text[128];

	memset(memory, 1, BYTES);
	registered = register_price(memory);
	imported = import_price(memory);
	snprintf(text, sizeof(text), "io_uring registers 8 MiB of %s", what);
	price_print(registered, text);
	snprintf(text, sizeof(text), "IMPORT lends 8 MiB of %s", what);
	price_print(imported, text);
	printf("## %.2f times: IMPORT against io_uring, %s\n", imported / registered, what);
	CHECK(imported <= registered * 1.2);
}

TEST(pages_of_4_KiB)
{
	char *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);

	REQUIRE(memory != MAP_FAILED && !madvise(memory, BYTES, MADV_NOHUGEPAGE));
	compare(memory, "small pages");
}

TEST(huge_pages)
{
	char *area = mmap(NULL, BYTES + HUGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *memory = (char *)(((uintptr_t)area + HUGE - 1) & ~(HUGE - 1));

	REQUIRE(area != MAP_FAILED);
	REQUIRE_EQ(file_write("/sys/kernel/mm/transparent_hugepage/enabled", "madvise"), 0);
	REQUIRE(!madvise(memory, BYTES, MADV_HUGEPAGE));
	compare(memory, "huge pages");
}

int main(int argc, char **argv)
{
	price_options(argc, argv);
	return tap_run(virt_prepare, virt_is_healthy);
}
