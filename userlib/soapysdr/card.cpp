// SPDX-License-Identifier: LGPL-2.1-or-later
#include "card.hpp"

#include <cmath>
#include <stdexcept>

#include <dmaring/format.h>

void fail()
{
	throw std::runtime_error(dmaring_error());
}

static void check(int err)
{
	if (err)
		fail();
}

std::string soapy_format(const struct dmaring_format &format)
{
	const struct dmaring_format_row *row = dmaring_format_find(format.pixelformat);

	return row && dmaring_format_is_samples(row) ? row->name : "";
}

Card::Card(const SoapySDR::Kwargs &args)
	: device(args.count("device") ? args.at("device") : "/dev/dmaring0"),
	  recorder(args.count("recorder") && args.at("recorder") == "true"),
	  settings(nullptr)
{
	struct dmaring_options options = {};

	options.size = sizeof(options);
	options.flags = DMARING_OPEN_CONFIGURE;
	/* Without the right to change anything one can still look. */
	if (dmaring_open(device.c_str(), &options, &settings)) {
		options.flags = DMARING_OPEN_MONITOR;
		check(dmaring_open(device.c_str(), &options, &settings));
	}
}

Card::~Card()
{
	dmaring_close(settings);
}

struct dmaring_info Card::info() const
{
	struct dmaring_info info;

	check(dmaring_get_info(settings, &info));
	return info;
}

std::string Card::getDriverKey() const
{
	return "dmaring";
}

std::string Card::getHardwareKey() const
{
	return info().card;
}

SoapySDR::Kwargs Card::getHardwareInfo() const
{
	struct dmaring_info now = info();

	return {
		{ "device", device },
		{ "driver", now.driver },
		{ "bus", now.bus_info },
		{ "buffers", std::to_string(now.buffers) },
		{ "library", dmaring_version() },
	};
}

size_t Card::getNumChannels(const int direction) const
{
	struct dmaring_info now = info();

	if (direction != SOAPY_SDR_RX || now.direction != DMARING_CAPTURE ||
	    soapy_format(now.format).empty())
		return 0;
	return now.format.channels;
}

/* ----------------------------------------------------------------------- rates */

double Card::getSampleRate(const int, const size_t) const
{
	const struct dmaring_format format = info().format;

	return format.rate_denominator ?
		       double(format.rate_numerator) / format.rate_denominator : 0;
}

/* To a thousandth, where 32 bits have room for that. */
void Card::setSampleRate(const int, const size_t, const double rate)
{
	struct dmaring_format format = info().format;

	/* SoapySDR's programs set what there is already, while others run. */
	if (getSampleRate(SOAPY_SDR_RX, 0) == rate)
		return;
	if (!(rate >= 0.001 && rate <= UINT32_MAX))
		throw std::runtime_error(device + ": no card has that rate");
	format.rate_denominator = rate == std::floor(rate) || rate > 4e6 ? 1 : 1000;
	format.rate_numerator = std::llround(rate * format.rate_denominator);
	check(dmaring_set_format(settings, &format, DMARING_SET_FORMAT_RATE));
}

SoapySDR::RangeList Card::getSampleRateRange(const int, const size_t) const
{
	const struct dmaring_info now = info();
	struct dmaring_format_range range;

	for (uint32_t i = 0; i < now.formats; i++) {
		if (dmaring_get_format_range(settings, i, &range) ||
		    range.pixelformat != now.format.pixelformat ||
		    !range.rate_min_denominator || !range.rate_max_denominator)
			continue;
		return { SoapySDR::Range(double(range.rate_min_numerator) /
					 range.rate_min_denominator,
					 double(range.rate_max_numerator) /
					 range.rate_max_denominator) };
	}
	return { SoapySDR::Range(getSampleRate(SOAPY_SDR_RX, 0),
				 getSampleRate(SOAPY_SDR_RX, 0)) };
}

/* -------------------------------------------------------------------- controls */

struct dmaring_control_info Card::control(const std::string &name) const
{
	struct dmaring_control_info control;

	check(dmaring_find_control(settings, name.c_str(), &control));
	return control;
}

/* In the card's own unit, which need not be dB. */
std::vector<std::string> Card::listGains(const int, const size_t) const
{
	struct dmaring_control_info control;

	if (dmaring_find_control(settings, "Gain", &control) ||
	    control.type != DMARING_CONTROL_INTEGER)
		return {};
	return { "Gain" };
}

void Card::setGain(const int, const size_t, const std::string &name, const double value)
{
	check(dmaring_set_control(settings, name.c_str(), std::llround(value)));
}

double Card::getGain(const int, const size_t, const std::string &name) const
{
	int64_t value;

	check(dmaring_get_control(settings, name.c_str(), &value));
	return value;
}

SoapySDR::Range Card::getGainRange(const int, const size_t, const std::string &name) const
{
	const struct dmaring_control_info is = control(name);

	return SoapySDR::Range(is.minimum, is.maximum, is.step);
}

static bool is_text(const struct dmaring_control_info &control)
{
	return control.type == DMARING_CONTROL_STRING ||
	       control.type == DMARING_CONTROL_MENU;
}

static SoapySDR::ArgInfo describe(const struct dmaring_control_info &control)
{
	SoapySDR::ArgInfo is;

	is.key = control.name;
	is.name = control.name;
	is.units = control.unit;
	is.type = is_text(control) ? SoapySDR::ArgInfo::STRING :
				     SoapySDR::ArgInfo::INT;
	is.value = is_text(control) ? "" : std::to_string(control.default_value);
	if (control.type == DMARING_CONTROL_INTEGER)
		is.range = SoapySDR::Range(control.minimum, control.maximum,
					   control.step);
	return is;
}

SoapySDR::ArgInfoList Card::getSettingInfo() const
{
	const uint32_t controls = info().controls;
	struct dmaring_control_info control;
	SoapySDR::ArgInfoList list;

	for (uint32_t i = 0; i < controls; i++)
		if (!dmaring_get_control_info(settings, i, 0, &control))
			list.push_back(describe(control));
	return list;
}

void Card::writeSetting(const std::string &key, const std::string &value)
{
	if (is_text(control(key)))
		check(dmaring_set_control_text(settings, key.c_str(), value.c_str()));
	else
		check(dmaring_set_control(settings, key.c_str(), std::stoll(value)));
}

std::string Card::readSetting(const std::string &key) const
{
	char text[DMARING_CONTROL_TEXT];
	int64_t value;

	if (is_text(control(key))) {
		check(dmaring_get_control_text(settings, key.c_str(), text));
		return text;
	}
	check(dmaring_get_control(settings, key.c_str(), &value));
	return std::to_string(value);
}
