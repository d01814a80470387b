// SPDX-License-Identifier: MIT
/*
 * What goes wrong while "dmaring record" writes, on a disk that does as it is told: the
 * command says why it ends, all frames before that can be read, and every buffer is back.
 */
#define _GNU_SOURCE		/* O_DIRECT */
#include <sys/mount.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "frames.h"
#include "slow_disk.h"
#include "virt.h"

#define DISK_MIB	64
#define MOUNT		"/mnt"
#define RECORDING	MOUNT "/r"
#define RECORD		"dmaring record --sync 20 " RECORDING
#define SAID		"/tmp/said"
#define QUOTA_VFS_V1	4
#define QUOTA_KIB	8192
#define NOBODY		65534

static char said[4096];

static void run(const char *command)
{
	if (system(command)) {
		printf("# %s\n", command);
		REQUIRE(!"it did what it was told");
	}
}

/* ---------------------------------------------------------------------- the disk */

static void disk_do(unsigned long number, struct slow_disk_command *command)
{
	int control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);

	REQUIRE(control >= 0);
	slow_disk_do(control, number, command);
	close(control);
}

/* "linear", "error", "delay": from now on, also for what waits. */
static void disk_becomes(const char *target, const char *parameters)
{
	struct slow_disk_command load = {
		.head.target_count = 1,
		.target.length = DISK_MIB << 11,
	}, resume = { .head.flags = DM_SKIP_LOCKFS_FLAG | DM_NOFLUSH_FLAG };

	snprintf(load.target.target_type, sizeof(load.target.target_type), "%s", target);
	snprintf(load.parameters, sizeof(load.parameters), "%s", parameters);
	disk_do(DM_TABLE_LOAD, &load);
	disk_do(DM_DEV_SUSPEND, &resume);
}

static void disk_becomes_good(void)
{
	disk_becomes("linear", SLOW_DISK_FAST " 0");
}

static void disk_make(void)
{
	struct slow_disk_command create = { 0 };

	if (access(SLOW_DISK, F_OK)) {
		run("modprobe brd rd_nr=1 rd_size=65536 && modprobe dm-delay && modprobe quota_v2");
		run("modprobe -q crc32c_generic; modprobe ext4");
		disk_do(DM_DEV_CREATE, &create);
	}
	disk_becomes_good();
	run("mke2fs -b 4096 " SLOW_DISK " >/dev/null 2>&1 && mkdir -p " MOUNT);
}

static void mount_disk(const char *options)
{
	REQUIRE_EQ(mount(SLOW_DISK, MOUNT, "ext4", 0, options) ? -errno : 0, 0);
}

static void prepare(void)
{
	virt_prepare();
	umount(MOUNT);
	disk_make();
	mount_disk(NULL);
}

static void is_healthy(void)
{
	umount(MOUNT);
	virt_is_healthy();
}

/* ------------------------------------------------------------------- the command */

static int read_said(int status)
{
	FILE *file = fopen(SAID, "r");

	REQUIRE(file);
	said[fread(said, 1, sizeof(said) - 1, file)] = '\0';
	fclose(file);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Return: its exit status. */
static int says(const char *command)
{
	char line[512];

	snprintf(line, sizeof(line), "{ %s; } >" SAID " 2>&1", command);
	return read_said(system(line));
}

static void has(const char *words)
{
	if (!CHECK(strstr(said, words)))
		printf("# not '%s' but: %s\n", words, said);
}

static pid_t begin(const char *command)
{
	char line[512];
	pid_t pid;

	snprintf(line, sizeof(line), "exec %s >" SAID " 2>&1", command);
	pid = fork();
	REQUIRE(pid >= 0);
	if (!pid)
		_exit(execl("/bin/sh", "sh", "-c", line, NULL));
	return pid;
}

static off_t index_bytes(pid_t pid)
{
	struct stat status;

	usleep(1000);
	REQUIRE_EQ(waitpid(pid, NULL, WNOHANG), 0);
	return stat(RECORDING "/frames-000.idx", &status) ? 0 : status.st_size;
}

/* Until the index knows so many frames, and more: then these are on the disk. */
static void wait_for_frames(pid_t pid, int frames)
{
	off_t bytes;

	do
		bytes = index_bytes(pid);
	while (bytes < 128 + 128 * frames);
	while (index_bytes(pid) == bytes)
		;
}

static int end(pid_t pid)
{
	int status;

	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	return read_said(status);
}

/* By everything that reads recordings. */
static void is_readable(uint64_t least)
{
	char bytes[32];
	uint64_t frames;

	CHECK_EQ(says("dmaring verify --mend " RECORDING), 0);
	CHECK_EQ(says("dmaring verify " RECORDING), 0);
	frames = frames_check(RECORDING);
	CHECK(frames >= least);
	CHECK_EQ(says("dmaring export -q " RECORDING " -o - | wc -c"), 0);
	snprintf(bytes, sizeof(bytes), "%llu\n", (unsigned long long)frames * 200 * 300);
	has(bytes);
}

/* -------------------------------------------------------------------- what happens */

TEST(the_disk_fails)
{
	pid_t pid = begin(RECORD);

	wait_for_frames(pid, 50);
	disk_becomes("error", "");
	CHECK_EQ(end(pid), 1);
	has("Input/output error");
	has("frames recorded");
	disk_becomes_good();
	REQUIRE(!umount(MOUNT));
	mount_disk(NULL);
	is_readable(50);
}

/* The card goes on meanwhile, and the index tells what that cost. */
TEST(the_disk_is_slow)
{
	unsigned long long lost = 0, told = 0;
	char *at;

	disk_becomes("delay", SLOW_DISK_FAST " 0 50");
	CHECK_EQ(says(RECORD " -n 300"), 0);
	at = strstr(said, "written in ");
	REQUIRE(at && sscanf(strchr(at, ','), ", %llu lost by the card, 0 dropped", &lost) == 1);
	CHECK(lost > 0);
	CHECK_EQ(says("dmaring record --strict -n 1 " MOUNT "/s"), 0);
	disk_becomes_good();
	CHECK_EQ(says("dmaring verify " RECORDING), 0);
	at = strstr(said, "files, ");
	REQUIRE(at && sscanf(at, "files, %llu lost by the card, 0 dropped", &told) == 1);
	CHECK_EQ(told, lost);
	is_readable(300);
}

static void is_full(const char *words)
{
	CHECK_EQ(says(RECORD), 1);
	has(words);
	has("frames recorded");
	is_readable(20);
	CHECK(!system("grep -q '\"error\": \"' " RECORDING "/meta.json"));
}

/* In the middle of a frame: room is not made before where the file system cannot do that. */
TEST(the_disk_is_full)
{
	run("dd if=/dev/zero of=" MOUNT "/fill bs=1M count=55 2>/dev/null");
	is_full("cannot be written: No space left on device");
}

TEST(the_disk_is_full_before_a_frame)
{
	REQUIRE(!umount(MOUNT));
	REQUIRE(!mount("none", MOUNT, "tmpfs", 0, "size=8M"));
	is_full("cannot make room for another frame: No space left on device");
}

TEST(the_disk_is_read_only)
{
	REQUIRE(!mount(NULL, MOUNT, NULL, MS_REMOUNT | MS_RDONLY, NULL));
	CHECK_EQ(says(RECORD), 1);
	has(RECORDING ": ");
	has("Read-only file system");
}

static void let_nobody_record(void)
{
	REQUIRE(!chmod(card_node(), 0666));
	run("grep -q ^nobody: /etc/passwd");
}

#define AS_NOBODY "su -s /bin/sh nobody -c '" RECORD "'"

TEST(the_directory_is_read_only)
{
	let_nobody_record();
	REQUIRE(!chmod(MOUNT, 0555));
	CHECK_EQ(says(AS_NOBODY), 1);
	has("Permission denied");
	CHECK(access(RECORDING, F_OK));
}

/* As quotacheck(8) makes it, of nobody. */
static void make_quota(void)
{
	const uint32_t head[] = { 0xd9c01f11, 1, 7 * 86400, 7 * 86400, 0, 2, 0, 0 };
	int fd = open(MOUNT "/aquota.user", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct dqblk limit = { .dqb_bhardlimit = QUOTA_KIB, .dqb_valid = QIF_BLIMITS };

	REQUIRE(fd >= 0 && !ftruncate(fd, 2048));
	REQUIRE_EQ(pwrite(fd, head, sizeof(head), 0), sizeof(head));
	REQUIRE(!fsync(fd) && !close(fd));
	REQUIRE_EQ(quotactl(QCMD(Q_QUOTAON, USRQUOTA), SLOW_DISK, QUOTA_VFS_V1,
			    (caddr_t)MOUNT "/aquota.user") ? -errno : 0, 0);
	REQUIRE_EQ(quotactl(QCMD(Q_SETQUOTA, USRQUOTA), SLOW_DISK, NOBODY,
			    (caddr_t)&limit) ? -errno : 0, 0);
}

TEST(the_quota_is_used_up)
{
	let_nobody_record();
	REQUIRE(!umount(MOUNT));
	mount_disk("usrquota");
	make_quota();
	REQUIRE(!chown(MOUNT, NOBODY, NOBODY));
	CHECK_EQ(says(AS_NOBODY), 1);
	has("Disk quota exceeded");
	has("frames recorded");
	is_readable(20);
	quotactl(QCMD(Q_QUOTAOFF, USRQUOTA), SLOW_DISK, 0, NULL);
}

TEST(somebody_shortens_the_file)
{
	struct dmaring_verdict is = { .size = sizeof(is) };
	pid_t pid = begin(RECORD);

	wait_for_frames(pid, 50);
	REQUIRE(!truncate(RECORDING "/frames-000.npy", 4096 + 20 * 61440));
	CHECK_EQ(end(pid), 1);
	has("frames-000.npy: somebody has shortened it meanwhile");
	REQUIRE_EQ(dmaring_recording_verify(RECORDING, 0, &is), 0);
	CHECK(is.frames >= 50);
	CHECK_EQ(says("dmaring export -q -n 20 " RECORDING " -o - | wc -c"), 0);
	has("1200000\n");
}

TEST(a_recording_is_there)
{
	CHECK_EQ(says(RECORD " -n 20"), 0);
	CHECK_EQ(says(RECORD " -n 20"), 1);
	has(RECORDING ": something is in it already");
	is_readable(20);
}

/* Each write takes so long that the pool is empty before it is done. */
TEST(the_doctor_names_a_slow_disk)
{
	pid_t pid = begin(RECORD);

	wait_for_frames(pid, 10);
	disk_becomes("delay", SLOW_DISK_FAST " 0 300");
	CHECK_EQ(says("sleep 0.5; dmaring doctor --json --time 1.5 2>&1 >/tmp/doctor; "
		      "echo $?; cat /tmp/doctor"), 0);
	has("1\n{");
	has("\"causes\": [{\"cause\": \"disk\"");
	CHECK(!strstr(strstr(said, "\"causes\"") + 30, "{\"cause\""));
	printf("# %s", said);
	disk_becomes_good();
	kill(pid, SIGINT);
	CHECK_EQ(end(pid), 0);
}

int main(void)
{
	return tap_run(prepare, is_healthy);
}
