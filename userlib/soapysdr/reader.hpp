/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames on their way to one reader: in place, or as the reader wants them. */
#ifndef DMARING_SOAPYSDR_READER_HPP
#define DMARING_SOAPYSDR_READER_HPP

#include <SoapySDR/ConverterRegistry.hpp>

#include <string>
#include <vector>

#include <libdmaring.h>

class Reader {
public:
	Reader(const std::string &device, bool recorder, const std::string &format,
	       const std::vector<size_t> &channels);
	~Reader();
	Reader(const Reader &) = delete;
	Reader &operator=(const Reader &) = delete;

	int start();
	int stop();
	/* Samples of a channel in a frame */
	size_t frame_samples() const;
	int read(void *const *to, size_t count, int &flags, long long &time_ns,
		 long timeout_us);

	/* Frames where they are: of one channel, in the card's own format */
	bool in_place() const;
	size_t buffers() const;
	const void *address(size_t buffer) const;
	int acquire(size_t &buffer, int &flags, long long &time_ns, long timeout_us);
	void release(size_t buffer);

private:
	int open_next(int &flags, long long &time_ns, long timeout_us);
	int take(struct dmaring_frame &frame, long timeout_us);
	bool follow_format(const struct dmaring_frame &frame);
	bool is_lossless(const struct dmaring_frame &frame);
	size_t samples_of(const struct dmaring_frame &frame) const;
	long long time_of(const struct dmaring_frame &frame, size_t sample) const;
	void copy(void *const *to, size_t first, size_t count);

	struct dmaring *stream;
	struct dmaring_info info;
	std::vector<size_t> channels;
	std::string from;
	std::string wanted;
	SoapySDR::ConverterRegistry::ConverterFunction convert;
	std::vector<char> apart; /* samples of one channel, to be converted */
	std::vector<struct dmaring_frame> acquired; /* by their buffer */
	struct dmaring_frame last;
	bool has_last;
	struct dmaring_frame open; /* being read, from its sample @next on */
	bool has_open;
	bool tell_loss; /* before @open is read */
	size_t next;
};

#endif /* DMARING_SOAPYSDR_READER_HPP */
