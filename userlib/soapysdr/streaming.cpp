// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a device has to do with streams, and how SoapySDR finds devices. */
#include "card.hpp"
#include "reader.hpp"

#include <stdexcept>

#include <SoapySDR/ConverterRegistry.hpp>
#include <SoapySDR/Registry.hpp>
#include <dirent.h>

#include <dmaring/format.h>

static Reader *reader_of(SoapySDR::Stream *stream)
{
	return reinterpret_cast<Reader *>(stream);
}

std::vector<std::string> Card::getStreamFormats(const int, const size_t) const
{
	const std::string own = soapy_format(info().format);
	std::vector<std::string> formats = { own };

	for (const std::string &other :
	     SoapySDR::ConverterRegistry::listTargetFormats(own))
		if (other != own)
			formats.push_back(other);
	return formats;
}

std::string Card::getNativeStreamFormat(const int, const size_t, double &full_scale) const
{
	const struct dmaring_format format = info().format;
	const struct dmaring_format_row *row = dmaring_format_find(format.pixelformat);

	full_scale = row && row->kind != DMARING_KIND_FLOAT ?
		     double(1ULL << (row->bits - 1)) : 1;
	return soapy_format(format);
}

SoapySDR::ArgInfoList Card::getStreamArgsInfo(const int, const size_t) const
{
	SoapySDR::ArgInfo arg;

	arg.key = "recorder";
	arg.name = "Recorder";
	arg.value = "false";
	arg.type = SoapySDR::ArgInfo::BOOL;
	arg.description = "get every frame, and hold the card back when the reader is slow";
	return { arg };
}

SoapySDR::Stream *Card::setupStream(const int direction, const std::string &format,
				    const std::vector<size_t> &channels,
				    const SoapySDR::Kwargs &args)
{
	bool all = recorder;

	if (direction != SOAPY_SDR_RX)
		throw std::runtime_error(device + ": dmaring only receives here");
	if (args.count("recorder"))
		all = args.at("recorder") == "true";
	return reinterpret_cast<SoapySDR::Stream *>(
		new Reader(device, all, format, channels));
}

void Card::closeStream(SoapySDR::Stream *stream)
{
	delete reader_of(stream);
}

size_t Card::getStreamMTU(SoapySDR::Stream *stream) const
{
	return reader_of(stream)->frame_samples();
}

/* Neither at a time nor of a burst: the card runs until it is stopped. */
int Card::activateStream(SoapySDR::Stream *stream, const int flags, const long long,
			 const size_t)
{
	return flags ? SOAPY_SDR_NOT_SUPPORTED : reader_of(stream)->start();
}

int Card::deactivateStream(SoapySDR::Stream *stream, const int flags, const long long)
{
	return flags ? SOAPY_SDR_NOT_SUPPORTED : reader_of(stream)->stop();
}

int Card::readStream(SoapySDR::Stream *stream, void *const *to, const size_t count,
		     int &flags, long long &time_ns, const long timeout_us)
{
	return reader_of(stream)->read(to, count, flags, time_ns, timeout_us);
}

size_t Card::getNumDirectAccessBuffers(SoapySDR::Stream *stream)
{
	return reader_of(stream)->buffers();
}

int Card::getDirectAccessBufferAddrs(SoapySDR::Stream *stream, const size_t handle,
				     void **addresses)
{
	const Reader *reader = reader_of(stream);

	if (handle >= reader->buffers())
		return SOAPY_SDR_NOT_SUPPORTED;
	addresses[0] = const_cast<void *>(reader->address(handle));
	return 0;
}

int Card::acquireReadBuffer(SoapySDR::Stream *stream, size_t &handle,
			    const void **addresses, int &flags, long long &time_ns,
			    const long timeout_us)
{
	Reader *reader = reader_of(stream);
	int count = reader->acquire(handle, flags, time_ns, timeout_us);

	if (count >= 0)
		addresses[0] = reader->address(handle);
	return count;
}

void Card::releaseReadBuffer(SoapySDR::Stream *stream, const size_t handle)
{
	reader_of(stream)->release(handle);
}

/* ------------------------------------------------------------------------ find */

/* An empty one for what is no digitizer. */
static SoapySDR::Kwargs look(const std::string &device)
{
	struct dmaring_options options = {};
	struct dmaring_info info;
	struct dmaring *stream;
	bool is = false;

	options.size = sizeof(options);
	options.flags = DMARING_OPEN_MONITOR;
	if (dmaring_open(device.c_str(), &options, &stream))
		return {};
	is = !dmaring_get_info(stream, &info) &&
	     info.direction == DMARING_CAPTURE &&
	     !soapy_format(info.format).empty();
	dmaring_close(stream);
	if (!is)
		return {};
	return {
		{ "device", device },
		{ "label", std::string(info.card) + " " + device },
		{ "serial", std::string(info.bus_info) + ":" +
				    std::to_string(info.stream) },
	};
}

static SoapySDR::KwargsList find(const SoapySDR::Kwargs &args)
{
	SoapySDR::KwargsList found;
	DIR *devices = opendir("/sys/class/dmaring");

	while (const struct dirent *entry = devices ? readdir(devices) : nullptr) {
		const std::string name = std::string("/dev/") + entry->d_name;
		SoapySDR::Kwargs is;

		if (entry->d_name[0] == '.' ||
		    (args.count("device") && args.at("device") != name))
			continue;
		is = look(name);
		if (!is.empty() && (!args.count("serial") ||
				    args.at("serial") == is["serial"]))
			found.push_back(is);
	}
	if (devices)
		closedir(devices);
	return found;
}

static SoapySDR::Device *make(const SoapySDR::Kwargs &args)
{
	/* find() gives the device of a serial number; without it, it is not there. */
	if (args.count("serial") && !args.count("device"))
		throw std::runtime_error("dmaring: no card has the serial number " +
					 args.at("serial"));
	return new Card(args);
}

static SoapySDR::Registry registry("dmaring", &find, &make, SOAPY_SDR_ABI_VERSION);
