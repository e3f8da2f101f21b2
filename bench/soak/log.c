// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel log of a soak: one, read from its start to its end, so that no line falls between
 * two cycles.  What comes behind a cycle's audit is judged when the next one begins, by what
 * the first was allowed to cause.
 */
#include <stdio.h>
#include <string.h>

#include "bench/cmd/cmd.h"
#include "bench/soak/soak_impl.h"

/* What refused DMA of a device leaves in the log, where a job asks for it. */
static const char *const refused_dma[] = {
	"DMAR: DRHD: handling fault status reg", "fault addr", "AMD-Vi: Event logged [IO_PAGE_FAULT",
	"page fault from EP", NULL
};

void soak_log_open(struct soak *s)
{
	int ret = vb_klog_open_from(&s->klog, s->log_sequence ? s->log_sequence : VB_KLOG_END);

	if (ret)
		vb_warn("the kernel log can't be read (%s): it is not part of the audit", strerror(-ret));
	else
		s->log_sequence = vb_klog_sequence(s->klog);
}

void soak_log_expect(struct soak *s, const struct soak_choice *c, bool injected)
{
	const char *const *lists[] = {
		s->job[c->job].refused ? refused_dma : NULL,
		c->fault >= 0 && injected ? s->fault[c->fault].ops->expected_log : NULL,
	};
	size_t nr = 0;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		for (const char *const *line = lists[i]; line && *line && nr < SOAK_EXPECTED_MAX; line++)
			s->log_expected[nr++] = *line;
	s->log_expected[nr] = NULL;
}

void soak_log_judge(struct soak *s, const char *when, struct soak_outcome *o)
{
	struct vb_klog_hit hit[1];
	uint64_t lost;
	size_t hits;

	if (!s->klog)
		return;
	vb_klog_poll(s->klog);
	hits = vb_klog_scan(s->klog, s->klog_from, s->log_expected, hit, 1);
	o->log_hits += hits;
	if (hits)
		soak_say(o, SOAK_FAILED, "kernel log%s: %zu alarms, the first: %s: %.200s", when, hits,
			 hit[0].what, hit[0].text);
	lost = vb_klog_lost(s->klog) - s->log_lost;
	if (lost)
		soak_say(o, SOAK_FAILED, "kernel log%s: %llu messages were overwritten before they were read",
			 when, (unsigned long long)lost);
	s->log_lost += lost;
	s->klog_from = vb_klog_position(s->klog);
	s->log_sequence = vb_klog_sequence(s->klog);
}

void soak_log_forget(struct soak *s)
{
	if (s->klog)
		vb_klog_forget(s->klog, s->klog_from);
	s->klog_from = 0;
}

void soak_log_end(struct soak *s)
{
	struct soak_outcome o = { .verdict = SOAK_CLEAN };

	soak_log_judge(s, ", after the last cycle", &o);
	if (o.verdict == SOAK_CLEAN)
		return;
	s->log_hits += o.log_hits;
	snprintf(s->late, sizeof(s->late), "%s", o.why);
	if (!*s->first_failure)
		snprintf(s->first_failure, sizeof(s->first_failure), "%s", o.why);
}
