// SPDX-License-Identifier: MIT
#include "source.h"
#include "now.h"

void source_start(struct source *source, const struct bar *bar, uint64_t now)
{
	const struct fgsim_driver_page *page = &bar->regs->driver;

	source->kind = get32(&page->source);
	source->period_ns = get64(&page->period_ns);
	source->next_ns = now + source->period_ns;
	source->triggered = get32(&page->trigger);
}

void source_change_period(struct source *source, const struct bar *bar, uint64_t now)
{
	uint64_t period_ns = get64(&bar->regs->driver.period_ns);

	if (!source->period_ns || !period_ns || period_ns > FGSIM_PERIOD_NS_MAX)
		return;
	source->period_ns = period_ns;
	if (source->next_ns > now + period_ns)
		source->next_ns = now + period_ns;
}

void source_wait(struct source *source, uint64_t until)
{
	if (source->next_ns < until)
		source->next_ns = until;
}

uint64_t source_skip(struct source *source, uint64_t now)
{
	uint64_t frames;

	if (source->kind != FGSIM_SOURCE_FREE || !source->period_ns ||
	    now < source->next_ns + source->slack_ns)
		return 0;
	frames = (now - source->next_ns) / source->period_ns;
	source->next_ns += frames * source->period_ns;
	return frames;
}

static bool due_by_clock(struct source *source, uint64_t now, uint64_t *due_ns)
{
	if (source->next_ns > now)
		return false;
	*due_ns = source->period_ns ? source->next_ns : now;
	source->next_ns += source->period_ns;
	return true;
}

bool source_due(struct source *source, const struct bar *bar, uint64_t now, uint64_t *due_ns)
{
	if (source->kind == FGSIM_SOURCE_FREE)
		return due_by_clock(source, now, due_ns);
	if (get32(&bar->regs->driver.trigger) == source->triggered)
		return false;
	source->triggered++;
	*due_ns = now;
	return true;
}

uint64_t source_next(const struct source *source)
{
	return source->kind == FGSIM_SOURCE_FREE ? source->next_ns : NEVER;
}
