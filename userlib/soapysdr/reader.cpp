// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reader.hpp"

#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <stdexcept>
#include <thread>

#include <SoapySDR/Constants.h>
#include <SoapySDR/Errors.h>
#include <SoapySDR/Formats.hpp>

#include "card.hpp"

/* A viewer's, fewer where the pool has no more left. */
#define DEPTH	4
#define HELD	4

static int open_viewer(const std::string &device, struct dmaring_options &options,
		       struct dmaring **stream)
{
	int err = -ENOSPC;

	options.policy = DMARING_POLICY_LATEST;
	for (uint32_t share = DEPTH; err == -ENOSPC && share; share /= 2) {
		options.depth = share;
		options.max_held = share * HELD / DEPTH;
		err = dmaring_open(device.c_str(), &options, stream);
	}
	return err;
}

static struct dmaring *open_stream(const std::string &device, bool recorder,
				   struct dmaring_info &info)
{
	struct dmaring_options options = {};
	struct dmaring *stream = nullptr;
	int err;

	options.size = sizeof(options);
	options.flags = DMARING_OPEN_ZEROES;
	options.policy = DMARING_POLICY_LOSSLESS;
	err = recorder ? dmaring_open(device.c_str(), &options, &stream) :
			 open_viewer(device, options, &stream);
	if (err || dmaring_get_info(stream, &info)) {
		dmaring_close(stream);
		fail();
	}
	return stream;
}

/* NULL: there is none.  It throws then, and nobody would close the stream. */
static SoapySDR::ConverterRegistry::ConverterFunction converter(const std::string &from,
								const std::string &to)
{
	try {
		return SoapySDR::ConverterRegistry::getFunction(from, to);
	} catch (const std::exception &) {
		return nullptr;
	}
}

Reader::Reader(const std::string &device, bool recorder, const std::string &format,
	       const std::vector<size_t> &asked)
	: stream(open_stream(device, recorder, info)), channels(asked),
	  from(soapy_format(info.format)), wanted(format), convert(nullptr),
	  acquired(info.buffers), last(), has_last(false), open(), has_open(false),
	  tell_loss(false), next(0)
{
	const char *problem = nullptr;

	if (channels.empty())
		channels.push_back(0);
	for (size_t channel : channels)
		if (channel >= info.format.channels)
			problem = "the card has no such channel";
	if (from.empty())
		problem = "the stream has no samples; \"dmaring format\" sets what it has";
	else if (!problem && wanted != from)
		convert = converter(from, wanted);
	if (!problem && wanted != from && !convert)
		problem = "SoapySDR cannot convert its samples to that format";
	if (!problem)
		return;
	dmaring_close(stream);
	throw std::runtime_error(device + ": " + problem);
}

Reader::~Reader()
{
	dmaring_close(stream);
}

int Reader::start()
{
	has_last = false;
	return dmaring_start(stream) ? SOAPY_SDR_STREAM_ERROR : 0;
}

int Reader::stop()
{
	if (has_open)
		dmaring_release(stream, &open);
	has_open = false;
	return dmaring_stop(stream) ? SOAPY_SDR_STREAM_ERROR : 0;
}

/* ---------------------------------------------------------------------- frames */

size_t Reader::frame_samples() const
{
	return info.format.width;
}

size_t Reader::samples_of(const struct dmaring_frame &frame) const
{
	return frame.bytes_used /
	       (SoapySDR::formatToSize(from) * info.format.channels);
}

/* It is stamped when its last sample is there. */
long long Reader::time_of(const struct dmaring_frame &frame, size_t sample) const
{
	const struct dmaring_format &format = info.format;
	double ns = 0;

	if (format.rate_numerator && sample < samples_of(frame))
		ns = double(samples_of(frame) - sample) * 1e9 *
		     format.rate_denominator / format.rate_numerator;
	return frame.timestamp_ns - (long long)ns;
}

static int timeout_ms(long timeout_us)
{
	long ms = timeout_us / 1000 + !!(timeout_us % 1000);

	return timeout_us < 0 ? -1 : ms < INT_MAX ? int(ms) : INT_MAX;
}

/* Its rate may be another one than when the stream was set up; its samples may not. */
bool Reader::follow_format(const struct dmaring_frame &frame)
{
	struct dmaring_info now;

	if (frame.format_seq == info.format_seq && frame.control_seq == info.control_seq)
		return true;
	if (dmaring_get_info(stream, &now) ||
	    now.format.pixelformat != info.format.pixelformat ||
	    now.format.channels != info.format.channels)
		return false;
	info = now;
	return true;
}

int Reader::take(struct dmaring_frame &frame, long timeout_us)
{
	switch (dmaring_next(stream, &frame, timeout_ms(timeout_us))) {
	case 0:
		if (follow_format(frame))
			return 0;
		dmaring_release(stream, &frame);
		return SOAPY_SDR_STREAM_ERROR;
	case -EBADFD: /* It is stopped: SoapySDR has one wait, and say TIMEOUT. */
		std::this_thread::sleep_for(std::chrono::microseconds(timeout_us));
		return SOAPY_SDR_TIMEOUT;
	case -EAGAIN:
	case -ETIMEDOUT:
	case -EINTR:
		return SOAPY_SDR_TIMEOUT;
	default:
		return SOAPY_SDR_STREAM_ERROR;
	}
}

/* Does it follow the one before? */
bool Reader::is_lossless(const struct dmaring_frame &frame)
{
	struct dmaring_loss loss = {};
	bool is;

	if (has_last)
		dmaring_loss_between(&last, &frame, &loss);
	is = !loss.overruns && !loss.drops &&
	     !(has_last && (frame.flags & DMARING_FRAME_DISCONTINUITY ||
			    last.flags & DMARING_FRAME_TRUNCATED));
	last = frame;
	has_last = true;
	return is;
}

/* ------------------------------------------------------------------------ read */

/* Of the open frame, each channel for itself. */
void Reader::copy(void *const *to, size_t first, size_t count)
{
	const size_t size = SoapySDR::formatToSize(from);
	const size_t step = size * info.format.channels;
	const char *data = (const char *)dmaring_data(stream, &open) + first * step;

	for (size_t i = 0; i < channels.size(); i++) {
		const char *samples = data + channels[i] * size;

		if (step != size) {
			apart.resize(count * size);
			for (size_t n = 0; n < count; n++)
				memcpy(&apart[n * size], samples + n * step, size);
			samples = apart.data();
		}
		if (convert)
			convert(samples, to[i], count, 1.0);
		else
			memcpy(to[i], samples, count * size);
	}
}

/* The next frame, unless one is open; what was lost before it is told first. */
int Reader::open_next(int &flags, long long &time_ns, long timeout_us)
{
	if (!has_open) {
		int err = take(open, timeout_us);

		if (err)
			return err;
		has_open = true;
		next = 0;
		tell_loss = !is_lossless(open);
	}
	flags = SOAPY_SDR_HAS_TIME;
	time_ns = time_of(open, next);
	if (tell_loss) {
		tell_loss = false;
		return SOAPY_SDR_OVERFLOW;
	}
	if (!(open.flags & DMARING_FRAME_ERROR))
		return 0;
	dmaring_release(stream, &open);
	has_open = false;
	return SOAPY_SDR_CORRUPTION;
}

int Reader::read(void *const *to, size_t count, int &flags, long long &time_ns,
		 long timeout_us)
{
	int err = open_next(flags, time_ns, timeout_us);
	size_t left;

	if (err)
		return err;
	left = samples_of(open) - next;
	count = count < left ? count : left;
	copy(to, next, count);
	next += count;
	if (next < samples_of(open)) {
		flags |= SOAPY_SDR_MORE_FRAGMENTS;
		return int(count);
	}
	dmaring_release(stream, &open);
	has_open = false;
	return int(count);
}

/* -------------------------------------------------------------------- in place */

bool Reader::in_place() const
{
	return !convert && info.format.channels == 1;
}

size_t Reader::buffers() const
{
	return in_place() ? info.buffers : 0;
}

const void *Reader::address(size_t buffer) const
{
	struct dmaring_frame frame = {};

	frame.buffer = uint32_t(buffer);
	return dmaring_data(stream, &frame);
}

int Reader::acquire(size_t &buffer, int &flags, long long &time_ns, long timeout_us)
{
	int err = in_place() ? open_next(flags, time_ns, timeout_us) :
			       SOAPY_SDR_NOT_SUPPORTED;

	if (err)
		return err;
	has_open = false;
	buffer = open.buffer;
	acquired[buffer] = open;
	return int(samples_of(open));
}

void Reader::release(size_t buffer)
{
	if (buffer < acquired.size())
		dmaring_release(stream, &acquired[buffer]);
}
