// SPDX-License-Identifier: MIT
/* Files of images, as other programs read them: PGM and PPM, PNG, TIFF, YUV4MPEG2. */
#include "lib/frame_dir.h"
#include "lib/image_y4m.h"
#include "lib/recording.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include "scene.h"
#include "scratch.h"

static struct frame_dir dir;
static const struct dmaring_frame frame = { .sequence = 1, .bytes_used = UINT32_MAX };

static void enter_scratch(void)
{
	scratch_make();
	REQUIRE(!chdir(scratch));
}

static const struct dmaring_format_row *row_of(const char *name)
{
	const struct dmaring_format_row *row = dmaring_format_rows;

	while (strcmp(row->name, name))
		row++;
	return row;
}

struct pnm {
	unsigned int width, height, most, components;
	unsigned int values[200 * 100 * 3];
};

static void read_pnm(FILE *file, struct pnm *pnm)
{
	unsigned int i, high;
	char kind;

	REQUIRE_EQ(fscanf(file, "P%c %u %u %u", &kind, &pnm->width, &pnm->height, &pnm->most), 4);
	REQUIRE_EQ(fgetc(file), '\n');
	pnm->components = kind == '6' ? 3 : 1;
	for (i = 0; i < pnm->width * pnm->height * pnm->components; i++) {
		high = pnm->most > 255 ? fgetc(file) : 0;
		pnm->values[i] = high << 8 | fgetc(file);
	}
	CHECK(!feof(file));
	CHECK_EQ(fgetc(file), EOF);
}

static void read_file(const char *name, struct pnm *pnm)
{
	FILE *file = fopen(name, "r");

	REQUIRE(file);
	read_pnm(file, pnm);
	fclose(file);
}

static void read_by(const char *program, const char *options, const char *name,
		    struct pnm *pnm)
{
	char command[128];
	FILE *pipe;

	snprintf(command, sizeof(command), "command -v %s >/dev/null", program);
	if (system(command))
		SKIP("there is no %s here; netpbm has it", program);
	snprintf(command, sizeof(command), "%s %s %s 2>/dev/null", program, options, name);
	pipe = popen(command, "r");
	read_pnm(pipe, pnm);
	CHECK_EQ(pclose(pipe), 0);
}

static void write_as(enum frame_file kind, const char *name)
{
	const struct dmaring_format_row *row = row_of(name);
	struct dmaring_format format = scene_format(row, 160, 48, 6);
	int err = frame_dir_open(&dir, ".", kind, &format, true);

	if (err == -ENOTSUP)
		SKIP("a library for it is not here");
	REQUIRE_EQ(err, 0);
	CHECK_EQ(frame_dir_write(&dir, &frame, scene_frame(&scene_bars, &format)), 0);
	frame_dir_close(&dir);
}

static const char *const grey[] = { "GREY", "Y10", "Y12P", "Y14", "Y16" };
static const char *const colour[] = { "RGB24", "BGR24", "SRGGB8", "SGBRG12P", "YUYV", "NV12" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Of both, in thousandths of the most */
static void check_same(const struct pnm *is, const struct pnm *expected, const char *of)
{
	unsigned int i, wrong = 0;

	CHECK_EQ(is->width, expected->width);
	CHECK_EQ(is->height, expected->height);
	REQUIRE_EQ(is->components, expected->components);
	for (i = 0; i < is->width * is->height * is->components; i++)
		wrong += fabs((double)is->values[i] / is->most -
			      (double)expected->values[i] / expected->most) > 0.001;
	if (!CHECK_EQ(wrong, 0))
		printf("# of %s\n", of);
}

static struct pnm ours, theirs;

TEST(pgm_has_the_values_as_they_are)
{
	unsigned int bits, i, x;

	for (i = 0; i < COUNT(grey); i++) {
		bits = row_of(grey[i])->bits;
		write_as(FRAME_FILE_PNM, grey[i]);
		read_file("frame-00000001.pgm", &ours);
		CHECK_EQ(ours.width, 160);
		CHECK_EQ(ours.height, 48);
		CHECK_EQ(ours.most, (1U << bits) - 1);
		CHECK_EQ(ours.components, 1);
		for (x = 0; x < 160; x++)
			CHECK_EQ(ours.values[47 * 160 + x],
				 lround(x / 159.0 * ((1U << bits) - 1)));
	}
}

TEST(ppm_has_colours)
{
	const double expected[SCENE_BARS][3] = {
		{ .9, .9, .9 }, { .9, .9, .1 }, { .1, .9, .9 }, { .1, .9, .1 },
		{ .9, .1, .9 }, { .9, .1, .1 }, { .1, .1, .9 }, { .1, .1, .1 },
	};
	unsigned int i, bar, c, at;

	for (i = 0; i < COUNT(colour); i++) {
		write_as(FRAME_FILE_PNM, colour[i]);
		read_file("frame-00000001.ppm", &ours);
		CHECK_EQ(ours.most, row_of(colour[i])->bits > 8 ? 65535 : 255);
		for (bar = 0; bar < SCENE_BARS; bar++)
			for (c = 0; c < 3; c++) {
				at = (10 * 160 + bar * 20 + 10) * 3 + c;
				if (!CHECK(fabs((double)ours.values[at] / ours.most -
						expected[bar][c]) < 0.012))
					printf("# %s, bar %u\n", colour[i], bar);
			}
	}
}

static void compare_all(const char *const *names, size_t count, enum frame_file kind,
			const char *program, const char *file, const char *pnm)
{
	size_t i;

	for (i = 0; i < count; i++) {
		write_as(FRAME_FILE_PNM, names[i]);
		read_file(pnm, &ours);
		write_as(kind, names[i]);
		/* Otherwise it makes 8 bits of 16. */
		read_by(program, kind == FRAME_FILE_TIFF ? "-byrow" : "", file, &theirs);
		/* TIFF files of 10 bits are read as if they had 16. */
		if (kind == FRAME_FILE_TIFF && theirs.most == 65535 && ours.most < 65535)
			theirs.most = ours.most;
		check_same(&theirs, &ours, names[i]);
	}
}

TEST(pngtopnm_reads_our_png)
{
	compare_all(grey, COUNT(grey), FRAME_FILE_PNG, "pngtopnm", "frame-00000001.png",
		    "frame-00000001.pgm");
	compare_all(colour, COUNT(colour), FRAME_FILE_PNG, "pngtopnm", "frame-00000001.png",
		    "frame-00000001.ppm");
}

TEST(tifftopnm_reads_our_tiff)
{
	compare_all(grey, COUNT(grey), FRAME_FILE_TIFF, "tifftopnm", "frame-00000001.tiff",
		    "frame-00000001.pgm");
	compare_all(colour, COUNT(colour), FRAME_FILE_TIFF, "tifftopnm", "frame-00000001.tiff",
		    "frame-00000001.ppm");
}

static void limited_to(enum frame_file kind, rlim_t bytes)
{
	struct dmaring_format format = scene_format(row_of("GREY"), 160, 48, 0);
	struct rlimit limit = { bytes, RLIM_INFINITY };
	int err = frame_dir_open(&dir, ".", kind, &format, true);

	if (err == -ENOTSUP)
		SKIP("a library for it is not here");
	REQUIRE_EQ(err, 0);
	signal(SIGXFSZ, SIG_IGN);
	REQUIRE(!setrlimit(RLIMIT_FSIZE, &limit));
	CHECK_EQ(frame_dir_write(&dir, &frame, scene_frame(&scene_bars, &format)), -EFBIG);
	frame_dir_close(&dir);
}

TEST(a_full_disk_is_told_of_pgm)
{
	limited_to(FRAME_FILE_PNM, 4000);
}

/* All but its last bytes, too, which are its directory. */
TEST(a_full_disk_is_told_of_tiff)
{
	limited_to(FRAME_FILE_TIFF, 4000);
	limited_to(FRAME_FILE_TIFF, 160 * 48 + 20);
}

/* ---------------------------------------------------------------------------- video */

static void check_video(const char *name, const char *head, size_t frame_bytes)
{
	struct dmaring_info info = { .format = scene_format(row_of(name), 160, 48, 6) };
	const struct options options = { .output = "v.y4m", .format = FRAME_FILE_Y4M,
					 .overwrite = true };
	struct recording recording;
	char line[256], tag[7] = "";
	FILE *file;
	int i, err;

	info.format.rate_numerator = 30;
	info.format.rate_denominator = 1;
	err = recording_open(&recording, &options, NULL, &info);
	if (err == -ENOTSUP)
		SKIP("libswscale is not here");
	REQUIRE_EQ(err, 0);
	for (i = 0; i < 2; i++)
		CHECK_EQ(recording_write(&recording, &frame,
					 scene_frame(&scene_bars, &info.format), &info.format), 0);
	CHECK_EQ(recording_close(&recording), 0);
	file = fopen("v.y4m", "r");
	REQUIRE(file && fgets(line, sizeof(line), file));
	if (!CHECK(!strcmp(line, head)))
		printf("# it is %s", line);
	for (i = 0; i < 2; i++) {
		CHECK_EQ(fread(tag, 1, 6, file), 6);
		CHECK(!strcmp(tag, "FRAME\n"));
		fseek(file, frame_bytes, SEEK_CUR);
	}
	CHECK_EQ(fgetc(file), EOF);
	CHECK_EQ(ftell(file), strlen(line) + 2 * (6 + frame_bytes));
	fclose(file);
}

#define HEAD(colours) "YUV4MPEG2 W160 H48 F30:1 Ip A1:1 C" colours "\n"

TEST(video_says_what_it_is)
{
	check_video("GREY", HEAD("mono XCOLORRANGE=FULL"), 160 * 48);
	check_video("Y10P", HEAD("mono10 XCOLORRANGE=FULL"), 160 * 48 * 2);
	check_video("Y12", HEAD("mono12 XCOLORRANGE=FULL"), 160 * 48 * 2);
	check_video("Y14", HEAD("mono16 XCOLORRANGE=FULL"), 160 * 48 * 2);
	check_video("Y16", HEAD("mono16 XCOLORRANGE=FULL"), 160 * 48 * 2);
	check_video("RGB24", HEAD("444 XCOLORRANGE=LIMITED"), 160 * 48 * 3);
	check_video("SGRBG12P", HEAD("444 XCOLORRANGE=LIMITED"), 160 * 48 * 3);
	check_video("UYVY", HEAD("422 XCOLORRANGE=LIMITED"), 160 * 48 * 2);
	check_video("NV12", HEAD("420jpeg XCOLORRANGE=LIMITED"), 160 * 48 * 3 / 2);
}

/* 14 bits are not known, so they become 16, the largest value the largest. */
TEST(video_of_14_bits_has_16)
{
	uint16_t line[] = { 0, 0x3fff, 0x2000, 1 };
	struct image image = {
		.model = IMAGE_GREY, .width = 4, .height = 1, .bits = 14, .planes = 1,
		.plane = { { (uint8_t *)line, 8, 8, 1 } },
	};
	uint8_t bytes[6 + 8];
	uint16_t words[4];

	REQUIRE_EQ(image_y4m_bytes(&image), sizeof(bytes));
	image_y4m_pack(bytes, &image);
	memcpy(words, bytes + 6, 8);
	CHECK_EQ(words[0], 0);
	CHECK_EQ(words[1], 0xffff);
	CHECK_EQ(words[2], 0x8002);
	CHECK_EQ(words[3], 4);
}

TEST(a_short_frame_is_left_out_of_video)
{
	struct dmaring_info info = { .format = scene_format(row_of("GREY"), 160, 48, 0) };
	const struct options options = { .output = "v.y4m", .format = FRAME_FILE_Y4M };
	struct dmaring_frame cut = { .bytes_used = 1 };
	struct recording recording;

	REQUIRE_EQ(recording_open(&recording, &options, NULL, &info), 0);
	CHECK_EQ(recording_write(&recording, &cut, "x", &info.format), -EMSGSIZE);
	CHECK_EQ(recording.row.frames, 0);
	recording_close(&recording);
}

int main(void)
{
	return tap_run(enter_scratch, scratch_remove);
}
