// SPDX-License-Identifier: MIT
#include "sample_json.h"
#include "json.h"
#include "names.h"

static void write_consumer(struct json *json, const struct dmaring_stats *of,
			   double rate)
{
	json_open(json, NULL, '{');
	json_number(json, "consumer", of->consumer);
	json_number(json, "pid", of->consumer_pid);
	json_string(json, "policy", name_of_policy(of->consumer_policy));
	json_bool(json, "running", of->consumer_running);
	json_number(json, "produced", of->consumer_produced);
	json_number(json, "taken", of->consumer_delivered);
	json_number(json, "dropped", of->consumer_dropped);
	json_number(json, "overruns", of->consumer_overruns);
	json_number(json, "waiting", of->consumer_waiting);
	json_number(json, "held", of->consumer_held);
	if (rate >= 0)
		json_real(json, "taken_per_second", rate);
	json_close(json, '}');
}

static void write_consumers(struct json *json, const struct sample *now,
			    const struct sample *before)
{
	unsigned int i;

	json_open(json, "attached", '[');
	for (i = 0; i < now->attached; i++)
		write_consumer(json, &now->of[i],
			       sample_taken_rate(now, before, &now->of[i]));
	json_close(json, ']');
}

static void write_rates(struct json *json, const struct sample *now,
			const struct sample *before)
{
	const struct counter *counter;

	json_open(json, "per_second", '{');
	for (counter = counters; counter < counters + COUNTERS; counter++)
		if (counter->kind == COUNTER)
			json_real(json, counter->name,
				  sample_per_second(now, before,
						    sample_growth(now, before,
								  counter)));
	json_close(json, '}');
}

void sample_print_json(const char *device, const struct sample *now,
		       const struct sample *before)
{
	struct json json = { .out = stdout };
	const struct counter *counter;

	json_open(&json, NULL, '{');
	json_string(&json, "device", device);
	for (counter = counters; counter < counters + COUNTERS; counter++)
		json_number(&json, counter->name, sample_value(now, counter));
	write_consumers(&json, now, before);
	if (before)
		write_rates(&json, now, before);
	json_close(&json, '}');
	putchar('\n');
}
