// SPDX-License-Identifier: MIT
#include "ram.h"

#include <err.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void ram_open(struct ram *ram, const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status))
		err(1, "%s: cannot open the guest's RAM", path);
	if (!status.st_size)
		errx(1, "%s: the guest's RAM has no bytes; is it the file of QEMU's memory-backend-file?",
		     path);
	if ((uint64_t)status.st_size > RAM_BYTES_MAX)
		errx(1, "%s: the guest has %lld MiB of RAM, more than %llu: its addresses would not be offsets in this file; give it less",
		     path, (long long)status.st_size >> 20, RAM_BYTES_MAX >> 20);
	ram->bytes = status.st_size;
	ram->memory = mmap(NULL, ram->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ram->memory == MAP_FAILED)
		err(1, "%s: cannot map the guest's RAM", path);
	close(fd);
}

void ram_close(struct ram *ram)
{
	munmap(ram->memory, ram->bytes);
}
