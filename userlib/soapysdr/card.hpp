/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A digitizer as SoapySDR sees it: a device whose channels are those of its samples. */
#ifndef DMARING_SOAPYSDR_CARD_HPP
#define DMARING_SOAPYSDR_CARD_HPP

#include <SoapySDR/Device.hpp>

#include <string>
#include <vector>

#include <libdmaring.h>

/* What the library said; thrown, where SoapySDR has no return value for it. */
[[noreturn]] void fail();

/* "S16", "CS16", "S32" or "F32"; "" if a stream has no samples, but something else. */
std::string soapy_format(const struct dmaring_format &format);

/* Frames on their way to one reader; reader.cpp */
class Reader;

class Card : public SoapySDR::Device {
public:
	explicit Card(const SoapySDR::Kwargs &args);
	~Card() override;

	std::string getDriverKey() const override;
	std::string getHardwareKey() const override;
	SoapySDR::Kwargs getHardwareInfo() const override;
	size_t getNumChannels(const int direction) const override;

	double getSampleRate(const int direction, const size_t channel) const override;
	void setSampleRate(const int direction, const size_t channel,
			   const double rate) override;
	SoapySDR::RangeList getSampleRateRange(const int direction,
					       const size_t channel) const override;

	std::vector<std::string> listGains(const int direction,
					   const size_t channel) const override;
	void setGain(const int direction, const size_t channel,
		     const std::string &name, const double value) override;
	double getGain(const int direction, const size_t channel,
		       const std::string &name) const override;
	SoapySDR::Range getGainRange(const int direction, const size_t channel,
				     const std::string &name) const override;

	SoapySDR::ArgInfoList getSettingInfo() const override;
	void writeSetting(const std::string &key, const std::string &value) override;
	std::string readSetting(const std::string &key) const override;

	std::vector<std::string> getStreamFormats(const int direction,
						  const size_t channel) const override;
	std::string getNativeStreamFormat(const int direction, const size_t channel,
					  double &full_scale) const override;
	SoapySDR::ArgInfoList getStreamArgsInfo(const int direction,
						const size_t channel) const override;
	SoapySDR::Stream *setupStream(const int direction, const std::string &format,
				      const std::vector<size_t> &channels,
				      const SoapySDR::Kwargs &args) override;
	void closeStream(SoapySDR::Stream *stream) override;
	size_t getStreamMTU(SoapySDR::Stream *stream) const override;
	int activateStream(SoapySDR::Stream *stream, const int flags,
			   const long long time_ns, const size_t count) override;
	int deactivateStream(SoapySDR::Stream *stream, const int flags,
			     const long long time_ns) override;
	int readStream(SoapySDR::Stream *stream, void *const *to, const size_t count,
		       int &flags, long long &time_ns, const long timeout_us) override;

	size_t getNumDirectAccessBuffers(SoapySDR::Stream *stream) override;
	int getDirectAccessBufferAddrs(SoapySDR::Stream *stream, const size_t handle,
				       void **addresses) override;
	int acquireReadBuffer(SoapySDR::Stream *stream, size_t &handle,
			      const void **addresses, int &flags, long long &time_ns,
			      const long timeout_us) override;
	void releaseReadBuffer(SoapySDR::Stream *stream, const size_t handle) override;

private:
	struct dmaring_info info() const;
	struct dmaring_control_info control(const std::string &name) const;

	std::string device;
	bool recorder;
	struct dmaring *settings; /* for formats and controls */
};

#endif /* DMARING_SOAPYSDR_CARD_HPP */
