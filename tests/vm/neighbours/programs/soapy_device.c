// SPDX-License-Identifier: MIT
/* The module for SoapySDR: samples as SoapySDR's programs read them, and in place. */
#include <SoapySDR/Device.h>
#include <SoapySDR/Formats.h>
#include <dmaring/format.h>
#include <fcntl.h>
#include <libdmaring.h>
#include <math.h>

#include "virt.h"

#define SAMPLES		256
#define RATE		256000
#define PATIENCE_US	10000000

static struct dmaring_format format;
static SoapySDRDevice *device;

static void set_format(const char *fourcc, uint32_t width, uint32_t channels)
{
	struct dmaring_options options = {
		.size = sizeof(options), .flags = DMARING_OPEN_CONFIGURE,
	};
	struct dmaring *stream;

	format = (struct dmaring_format){
		.pixelformat = dmaring_format_by_name(fourcc), .width = width,
		.height = *fourcc == 'G' ? 32 : 1, .channels = channels,
		.rate_numerator = *fourcc == 'G' ? 1000 : RATE, .rate_denominator = 1,
	};
	REQUIRE_EQ(dmaring_open("0", &options, &stream), 0);
	REQUIRE_EQ(dmaring_set_format(stream, &format, DMARING_SET_FORMAT_RATE), 0);
	dmaring_close(stream);
}

static void open_device(const char *fourcc, uint32_t channels)
{
	set_format(fourcc, SAMPLES, channels);
	device = SoapySDRDevice_makeStrArgs("driver=dmaring,device=/dev/dmaring0,recorder=true");
	REQUIRE(device);
}

static SoapySDRStream *open_stream(const char *as, size_t *channels, size_t count)
{
	SoapySDRStream *stream = SoapySDRDevice_setupStream(device, SOAPY_SDR_RX, as, channels,
							    count, NULL);

	REQUIRE(stream);
	REQUIRE_EQ(SoapySDRDevice_activateStream(device, stream, 0, 0, 0), 0);
	return stream;
}

static void close_all(SoapySDRStream *stream)
{
	CHECK_EQ(SoapySDRDevice_deactivateStream(device, stream, 0, 0), 0);
	CHECK_EQ(SoapySDRDevice_closeStream(device, stream), 0);
	CHECK_EQ(SoapySDRDevice_unmake(device), 0);
	set_format("GREY", 64, 1);
}

static uint32_t good_bytes(const void *samples, int64_t sequence, uint32_t bytes)
{
	return dmaring_pattern_check_frame(samples, DMARING_PATTERN_NOISE, &format, sequence,
					   bytes);
}

/* -1: these are the samples of no frame */
static int64_t sequence_of(const void *samples, uint32_t bytes, int64_t from)
{
	int64_t at = from;

	while (at < from + 100000 && good_bytes(samples, at, 8) != 8)
		at++;
	return good_bytes(samples, at, bytes) == bytes ? at : -1;
}

/* Losses are told before the samples behind them. */
static int read_all(SoapySDRStream *stream, void *to, size_t bytes, size_t count, int *lost)
{
	size_t have = 0;

	while (have < count) {
		void *here = (char *)to + have * bytes;
		long long time_ns = 0;
		int flags = 0;
		int got = SoapySDRDevice_readStream(device, stream, &here, count - have, &flags,
						    &time_ns, PATIENCE_US);

		CHECK(flags & SOAPY_SDR_HAS_TIME);
		if (got == SOAPY_SDR_OVERFLOW && !have) {
			++*lost;
			continue;
		}
		if (!CHECK(got > 0))
			return -1;
		have += got;
	}
	return 0;
}

TEST(samples_are_read_as_the_card_made_them)
{
	int16_t samples[SAMPLES];
	SoapySDRStream *stream;
	int64_t last = -1;
	int lost = 0;

	open_device("S16", 1);
	stream = open_stream(SOAPY_SDR_S16, NULL, 0);
	CHECK_EQ(SoapySDRDevice_getStreamMTU(device, stream), SAMPLES);
	for (int i = 0; i < 50; i++) {
		int64_t sequence;
		int before = lost;

		REQUIRE_EQ(read_all(stream, samples, 2, SAMPLES, &lost), 0);
		sequence = sequence_of(samples, sizeof(samples), last + 1);
		REQUIRE(sequence >= 0);
		CHECK_EQ(i && sequence != last + 1, lost != before);
		last = sequence;
	}
	close_all(stream);
}

TEST(losses_are_overflows)
{
	int16_t samples[SAMPLES];
	SoapySDRStream *stream;
	int lost = 0;

	virt_set("overrun_every", 10);
	virt_set("overrun_frames", 2);
	open_device("S16", 1);
	stream = open_stream(SOAPY_SDR_S16, NULL, 0);
	for (int i = 0; i < 50; i++)
		REQUIRE_EQ(read_all(stream, samples, 2, SAMPLES, &lost), 0);
	CHECK(lost >= 4);
	close_all(stream);
}

/* Of a whole frame or what there is of it, where it is; or an error. */
static int acquire(SoapySDRStream *stream, size_t *handle, const void **samples)
{
	long long time_ns;
	int flags;

	return SoapySDRDevice_acquireReadBuffer(device, stream, handle, samples, &flags, &time_ns,
						PATIENCE_US);
}

/* Behind a loss, or a frame that was cut short, is the next frame. */
static int acquire_next(SoapySDRStream *stream, size_t *handle, const void **samples, int *lost)
{
	int got = acquire(stream, handle, samples);

	if (got != SOAPY_SDR_OVERFLOW)
		return got;
	++*lost;
	return acquire(stream, handle, samples);
}

TEST(in_place_they_are_overflows_too)
{
	SoapySDRStream *stream;
	const void *samples;
	int64_t last = -1;
	size_t handle;
	int lost = 0;

	virt_set("overrun_every", 10);
	virt_set("overrun_frames", 2);
	open_device("S16", 1);
	stream = open_stream(SOAPY_SDR_S16, NULL, 0);
	for (int i = 0; i < 50; i++) {
		int before = lost;
		int64_t sequence;

		REQUIRE_EQ(acquire_next(stream, &handle, &samples, &lost), SAMPLES);
		sequence = sequence_of(samples, 2 * SAMPLES, last + 1);
		CHECK_EQ(i && sequence != last + 1, lost != before);
		last = sequence;
		SoapySDRDevice_releaseReadBuffer(device, stream, handle);
	}
	CHECK(lost >= 4);
	close_all(stream);
}

/* What was cut off is a hole before the next frame. */
TEST(behind_a_frame_that_was_cut_short_is_an_overflow)
{
	SoapySDRStream *stream;
	const void *samples;
	size_t handle;
	int cut = 0;

	virt_set("truncate_every", 5);
	open_device("S16", 1);
	stream = open_stream(SOAPY_SDR_S16, NULL, 0);
	for (int i = 0; i < 50; i++) {
		int lost = 0, got = acquire_next(stream, &handle, &samples, &lost);

		REQUIRE(got == SAMPLES || got == SAMPLES / 2);
		SoapySDRDevice_releaseReadBuffer(device, stream, handle);
		if (got == SAMPLES)
			continue;
		REQUIRE_EQ(acquire(stream, &handle, &samples), SOAPY_SDR_OVERFLOW);
		REQUIRE(acquire(stream, &handle, &samples) > 0);
		SoapySDRDevice_releaseReadBuffer(device, stream, handle);
		cut++;
	}
	CHECK(cut >= 4);
	close_all(stream);
}

TEST(a_damaged_frame_is_corruption)
{
	int16_t samples[SAMPLES];
	SoapySDRStream *stream;
	void *to = samples;
	long long time_ns;
	int damaged = 0, flags;

	virt_set("error_every", 5);
	open_device("S16", 1);
	stream = open_stream(SOAPY_SDR_S16, NULL, 0);
	for (int i = 0; i < 50; i++) {
		int got = SoapySDRDevice_readStream(device, stream, &to, SAMPLES, &flags, &time_ns,
						    PATIENCE_US);

		CHECK(got == SAMPLES || got == SOAPY_SDR_CORRUPTION || got == SOAPY_SDR_OVERFLOW);
		damaged += got == SOAPY_SDR_CORRUPTION;
	}
	CHECK(damaged >= 5 && damaged < 25);
	close_all(stream);
}

/* Which is left out; what was lost before it is not. */
TEST(before_a_damaged_frame_there_are_overflows_too)
{
	int16_t samples[SAMPLES];
	SoapySDRStream *stream;
	void *to = samples;
	long long time_ns;
	int lost = 0, flags;

	virt_set("overrun_every", 5);
	virt_set("error_every", 1);
	open_device("S16", 1);
	stream = open_stream(SOAPY_SDR_S16, NULL, 0);
	for (int i = 0; i < 50; i++) {
		int got = SoapySDRDevice_readStream(device, stream, &to, SAMPLES, &flags, &time_ns,
						    PATIENCE_US);

		CHECK(got == SOAPY_SDR_CORRUPTION || got == SOAPY_SDR_OVERFLOW);
		lost += got == SOAPY_SDR_OVERFLOW;
	}
	CHECK(lost >= 4);
	close_all(stream);
}

TEST(frames_can_be_had_where_they_are)
{
	int lost = 0;
	SoapySDRStream *stream;
	size_t handles[3];
	void *address;
	int64_t last = -1;

	open_device("S16", 1);
	stream = open_stream(SOAPY_SDR_S16, NULL, 0);
	CHECK_EQ(SoapySDRDevice_getNumDirectAccessBuffers(device, stream), 16);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 3; i++) {
			const void *samples;
			int got;

			REQUIRE_EQ(acquire_next(stream, &handles[i], &samples, &lost), SAMPLES);
			got = SoapySDRDevice_getDirectAccessBufferAddrs(device, stream, handles[i],
									&address);
			CHECK_EQ(got, 0);
			CHECK(address == samples);
			last = sequence_of(samples, 2 * SAMPLES, last + 1);
			REQUIRE(last >= 0);
		}
		for (int i = 0; i < 3; i++)
			SoapySDRDevice_releaseReadBuffer(device, stream, handles[i]);
	}
	close_all(stream);
}

TEST(complex_samples_are_converted)
{
	float samples[2 * SAMPLES];
	int16_t back[2 * SAMPLES];
	SoapySDRStream *stream;
	int lost = 0;

	open_device("CS16", 1);
	stream = open_stream(SOAPY_SDR_CF32, NULL, 0);
	CHECK_EQ(SoapySDRDevice_getNumDirectAccessBuffers(device, stream), 0);
	REQUIRE_EQ(read_all(stream, samples, 8, SAMPLES, &lost), 0);
	for (int i = 0; i < 2 * SAMPLES; i++)
		back[i] = samples[i] * 32768;
	CHECK(sequence_of(back, sizeof(back), 0) >= 0);
	close_all(stream);
}

/* The noise of a channel is that of the one before in the next frame: so both are looked at. */
TEST(each_channel_is_read_alone)
{
	int16_t first[SAMPLES], second[SAMPLES], both[2 * SAMPLES];
	void *to[] = { second, first };
	size_t asked[] = { 1, 0 };
	SoapySDRStream *stream;
	long long time_ns;
	int flags, same = 0;

	open_device("S16", 2);
	CHECK_EQ(SoapySDRDevice_getNumChannels(device, SOAPY_SDR_RX), 2);
	stream = open_stream(SOAPY_SDR_S16, asked, 2);
	REQUIRE_EQ(SoapySDRDevice_readStream(device, stream, to, SAMPLES, &flags, &time_ns,
					     PATIENCE_US), SAMPLES);
	for (int64_t sequence = 0; !same && sequence < 100000; sequence++) {
		dmaring_pattern_fill_frame(both, DMARING_PATTERN_NOISE, &format, sequence, 0, 16);
		if (both[0] != first[0] || both[1] != second[0] || both[3] != second[1])
			continue;
		dmaring_pattern_fill_frame(both, DMARING_PATTERN_NOISE, &format, sequence, 0,
					   sizeof(both));
		while (same < SAMPLES && both[2 * same] == first[same] &&
		       both[2 * same + 1] == second[same])
			same++;
	}
	CHECK_EQ(same, SAMPLES);
	close_all(stream);
}

TEST(a_format_that_there_is_not_leaves_no_stream)
{
	open_device("S16", 1);
	CHECK(!SoapySDRDevice_setupStream(device, SOAPY_SDR_RX, "CU12", NULL, 0, NULL));
	printf("# %s\n", SoapySDRDevice_lastError());
	CHECK_EQ(stream_info(stream_open(O_RDONLY)).consumers, 0);
	close_all(open_stream(SOAPY_SDR_S16, NULL, 0));
}

TEST(rate_and_gain_are_the_cards)
{
	char *text;

	open_device("S16", 1);
	CHECK_EQ(SoapySDRDevice_setSampleRate(device, SOAPY_SDR_RX, 0, 512000), 0);
	CHECK_EQ(SoapySDRDevice_getSampleRate(device, SOAPY_SDR_RX, 0), 512000);
	CHECK_EQ(SoapySDRDevice_setGainElement(device, SOAPY_SDR_RX, 0, "Gain", 200), 0);
	CHECK_EQ(SoapySDRDevice_getGainElement(device, SOAPY_SDR_RX, 0, "Gain"), 200);
	CHECK_EQ(SoapySDRDevice_setGainElement(device, SOAPY_SDR_RX, 0, "Gain", 100), 0);
	text = SoapySDRDevice_readSetting(device, "TestPattern");
	CHECK(text && !strcmp(text, "noise"));
	SoapySDR_free(text);
	CHECK_EQ(SoapySDRDevice_unmake(device), 0);
	set_format("GREY", 64, 1);
}

TEST(rates_that_no_card_has_are_refused)
{
	static const double rates[] = {
		-1, 0.0001, 0x100000000 + 2 * RATE, 1e300, NAN,
	};

	open_device("S16", 1);
	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++)
		CHECK(SoapySDRDevice_setSampleRate(device, SOAPY_SDR_RX, 0, rates[i]));
	CHECK_EQ(SoapySDRDevice_getSampleRate(device, SOAPY_SDR_RX, 0), RATE);
	CHECK_EQ(SoapySDRDevice_unmake(device), 0);
	set_format("GREY", 64, 1);
}

TEST(a_card_that_is_absent_is_no_other_one)
{
	set_format("S16", SAMPLES, 1);
	CHECK(!SoapySDRDevice_makeStrArgs("driver=dmaring,serial=nobody:0"));
	printf("# %s\n", SoapySDRDevice_lastError());
	set_format("GREY", 64, 1);
}

TEST(a_stream_that_is_stopped_has_nothing_in_time)
{
	int16_t samples[SAMPLES];
	SoapySDRStream *stream;
	const void *address;
	void *to = samples;
	long long time_ns;
	long long since;
	size_t handle;
	int flags;

	open_device("S16", 1);
	stream = open_stream(SOAPY_SDR_S16, NULL, 0);
	REQUIRE_EQ(SoapySDRDevice_deactivateStream(device, stream, 0, 0), 0);
	since = now_ns();
	CHECK_EQ(SoapySDRDevice_readStream(device, stream, &to, SAMPLES, &flags, &time_ns, 20000),
		 SOAPY_SDR_TIMEOUT);
	CHECK(now_ns() - since >= 20000000);
	CHECK_EQ(SoapySDRDevice_acquireReadBuffer(device, stream, &handle, &address, &flags,
						  &time_ns, 20000), SOAPY_SDR_TIMEOUT);
	CHECK(now_ns() - since >= 40000000);
	REQUIRE_EQ(SoapySDRDevice_activateStream(device, stream, 0, 0, 0), 0);
	close_all(stream);
}

/* How much later the second half of a frame is than its first one, in ns. */
static long long half_of_a_frame(SoapySDRStream *stream)
{
	long long time_ns[2] = { 0 };
	int16_t samples[SAMPLES];
	void *to = samples;
	int flags, got;

	for (int i = 0; i < 2; i++) {
		do {
			got = SoapySDRDevice_readStream(device, stream, &to, SAMPLES / 2, &flags,
							&time_ns[i], PATIENCE_US);
		} while (got == SOAPY_SDR_OVERFLOW);
		REQUIRE_EQ(got, SAMPLES / 2);
	}
	return time_ns[1] - time_ns[0];
}

TEST(times_are_of_the_rate_that_the_card_has_now)
{
	SoapySDRStream *stream;

	open_device("S16", 1);
	stream = open_stream(SOAPY_SDR_S16, NULL, 0);
	CHECK_EQ(half_of_a_frame(stream), 1000000000LL * (SAMPLES / 2) / RATE);
	REQUIRE_EQ(SoapySDRDevice_deactivateStream(device, stream, 0, 0), 0);
	CHECK_EQ(SoapySDRDevice_setSampleRate(device, SOAPY_SDR_RX, 0, 2 * RATE), 0);
	REQUIRE_EQ(SoapySDRDevice_activateStream(device, stream, 0, 0, 0), 0);
	CHECK_EQ(half_of_a_frame(stream), 1000000000LL * (SAMPLES / 2) / (2 * RATE));
	close_all(stream);
}

TEST(samples_of_another_format_are_not_taken_for_these)
{
	int16_t samples[SAMPLES];
	SoapySDRStream *stream;
	void *to = samples;
	long long time_ns;
	int flags;

	open_device("S16", 1);
	stream = open_stream(SOAPY_SDR_S16, NULL, 0);
	REQUIRE_EQ(SoapySDRDevice_deactivateStream(device, stream, 0, 0), 0);
	set_format("S32", SAMPLES, 1);
	REQUIRE_EQ(SoapySDRDevice_activateStream(device, stream, 0, 0, 0), 0);
	CHECK_EQ(SoapySDRDevice_readStream(device, stream, &to, SAMPLES, &flags, &time_ns,
					   PATIENCE_US), SOAPY_SDR_STREAM_ERROR);
	close_all(stream);
}

TEST(a_card_that_goes_ends_the_stream)
{
	int16_t samples[SAMPLES];
	SoapySDRStream *stream;
	long long time_ns;
	void *to = samples;
	int lost = 0, flags, got;

	open_device("S16", 1);
	stream = open_stream(SOAPY_SDR_S16, NULL, 0);
	REQUIRE_EQ(read_all(stream, samples, 2, SAMPLES / 2, &lost), 0);
	REQUIRE_EQ(file_write(VIRT_DRIVER "unbind", "dmaring_virt.0"), 0);
	do {
		got = SoapySDRDevice_readStream(device, stream, &to, SAMPLES, &flags, &time_ns,
						PATIENCE_US);
	} while (got > 0 || got == SOAPY_SDR_OVERFLOW);
	CHECK_EQ(got, SOAPY_SDR_STREAM_ERROR);
	SoapySDRDevice_closeStream(device, stream);
	SoapySDRDevice_unmake(device);
	REQUIRE_EQ(file_write(VIRT_DRIVER "bind", "dmaring_virt.0"), 0);
}

int main(int argc, char **argv)
{
	return virt_run(argc, argv);
}
