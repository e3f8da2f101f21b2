// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where tasks wait for locks: the events lock:contention_begin and
 * contention_end (Linux 5.19), added up by histogram triggers in the kernel
 * (Documentation/trace/histogram.rst).
 *
 * A wait can have several beginnings: a mutex is spun for, then slept for, then
 * spun for again, each of them a contention_begin, and one contention_end
 * (kernel/locking/mutex.c).  So each begin, and the end, adds the stretch since
 * the begin before it.  Triggers of one event run in the order in which they
 * were made, and a variable has to exist when a trigger that reads it is made:
 * the begin is noted by an event of our own, so that what reads the last begin
 * can come before what notes the new one.
 *
 *   begin  (synthetic)         note: when, and how it waits
 *   contention_begin           stretch, if a begin is noted; then begin
 *   contention_end             stretch
 *   wait   (synthetic)         sum of stretches by task, way and stack
 *
 * A variable that was read is unset, so no stretch is counted twice.  What the
 * kernel doesn't tell: the time in which a writer spins for an rwsem, such as
 * mmap_lock, before it sleeps (rwsem_down_write_slowpath() in 6.1).
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/machine/sysfs.h"
#include "lib/machine/trace-internal.h"

/* Entries of each table: tasks times locks; tasks times stacks. */
#define TABLE		":size=8192:clock=mono_raw"

/* include/trace/events/lock.h; without FLAG_MUTEX (5.19) a mutex has none. */
#define FLAG_SPIN	1u
#define FLAG_READ	2u
#define FLAG_WRITE	4u
#define FLAG_RT		8u
#define FLAG_PERCPU	16u
#define FLAG_MUTEX	32u

enum part { BEGIN_NOTE, BEGIN_STRETCH, BEGIN_FIRE, END_STRETCH, WAIT_SUM, NR_PARTS };

/* %1$s: our name, %2$s: whose locks.  In the order of making. */
static const struct trigger {
	const char *event, *text;
} triggers[NR_PARTS] = {
	[BEGIN_NOTE] = { "synthetic/%1$s_begin",
		"hist:keys=who,lock:start=common_timestamp,way=flags" TABLE },
	[BEGIN_STRETCH] = { "lock/contention_begin",
		"hist:keys=common_pid,lock_addr:ns=common_timestamp-$start,task=common_pid" TABLE
		":onmatch(synthetic.%1$s_begin).trace(%1$s_wait,$ns,$way,$task) if comm == \"%2$s\"" },
	[BEGIN_FIRE] = { "lock/contention_begin",
		"hist:keys=common_pid,lock_addr:now=common_timestamp,me=common_pid,what=lock_addr,how=flags"
		TABLE ":onchange($now).trace(%1$s_begin,$me,$what,$how) if comm == \"%2$s\"" },
	[END_STRETCH] = { "lock/contention_end",
		"hist:keys=common_pid,lock_addr:ns=common_timestamp-$start,task=common_pid" TABLE
		":onmatch(synthetic.%1$s_begin).trace(%1$s_wait,$ns,$way,$task) if comm == \"%2$s\"" },
	[WAIT_SUM] = { "synthetic/%1$s_wait",
		"hist:keys=who,flags,stacktrace:vals=hitcount,ns:longest=ns" TABLE
		":onmax($longest).save(ns)" },
};

static const char *const events[] = {
	"%1$s_begin pid_t who; u64 lock; unsigned int flags",
	"%1$s_wait u64 ns; unsigned int flags; pid_t who",
};

#define NR_EVENTS (sizeof(events) / sizeof(*events))

/* The templates are those above, and take these two. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void fill(char *out, size_t size, const char *format, const char *name, const char *comm)
{
	snprintf(out, size, format, name, comm);
}
#pragma GCC diagnostic pop

/* Make the trigger, or with "!" in front remove it. */
static int set_trigger(enum part part, const char *sign, const char *name, const char *comm)
{
	char event[96], path[VB_TRACE_PATH_MAX], text[VB_TRACE_COMMAND_MAX], command[VB_TRACE_COMMAND_MAX + 1];
	int ret;

	fill(event, sizeof(event), triggers[part].event, name, comm);
	fill(text, sizeof(text), triggers[part].text, name, comm);
	snprintf(command, sizeof(command), "%s%s", sign, text);
	ret = vb_trace_path(path, sizeof(path), "instances/%s/events/%s/trigger", name, event);
	return ret ? ret : vb_trace_command(path, command);
}

static int make_events(const char *name)
{
	char path[VB_TRACE_PATH_MAX], text[VB_TRACE_COMMAND_MAX];
	int ret = vb_trace_path(path, sizeof(path), "synthetic_events");

	for (size_t i = 0; i < NR_EVENTS && !ret; i++) {
		fill(text, sizeof(text), events[i], name, "");
		ret = vb_trace_command(path, text);
	}
	return ret;
}

int vb_trace_locks_start(struct vb_trace *trace)
{
	int ret = make_events(trace->name);

	for (int part = 0; part < WAIT_SUM && !ret; part++)
		ret = set_trigger(part, "", trace->name, trace->comm);
	return ret == -ENOENT || ret == -EINVAL ? -EOPNOTSUPP : ret;
}

int vb_trace_locks_begin(const struct vb_trace *trace)
{
	return set_trigger(WAIT_SUM, "", trace->name, trace->comm);
}

/*
 * Opened to be written from the beginning, a trigger file loses all of its
 * triggers; those that others refer to stay, so it is done in reverse.
 */
void vb_trace_locks_remove_triggers(const char *name)
{
	char event[96], path[VB_TRACE_PATH_MAX];

	for (int part = NR_PARTS - 1; part >= 0; part--) {
		fill(event, sizeof(event), triggers[part].event, name, "");
		if (!vb_trace_path(path, sizeof(path), "instances/%s/events/%s/trigger", name, event))
			vb_sysfs_write(path, "");
	}
}

int vb_trace_locks_remove_events(const char *name)
{
	char path[VB_TRACE_PATH_MAX], text[VB_TRACE_COMMAND_MAX], command[VB_TRACE_COMMAND_MAX + 1];
	int ret = vb_trace_path(path, sizeof(path), "synthetic_events"), first = 0;

	if (ret)
		return ret == -ENODEV ? 0 : ret;
	for (size_t i = 0; i < NR_EVENTS; i++) {
		fill(text, sizeof(text), events[i], name, "");
		text[strcspn(text, " ")] = '\0';
		snprintf(command, sizeof(command), "!%s", text);
		ret = vb_trace_command(path, command);
		if (ret && ret != -ENOENT && !first)
			first = ret;
	}
	return first;
}

static const char *kind_of(unsigned int flags)
{
	if (flags & FLAG_MUTEX)
		return "mutex";
	if (flags & FLAG_PERCPU)
		return "percpu-rwsem";
	if (flags & FLAG_RT)
		return "rtmutex";
	if (flags & (FLAG_READ | FLAG_WRITE))
		return flags & FLAG_SPIN ? "rwlock" : "rwsem";
	return flags & FLAG_SPIN ? "spinlock" : "other";
}

static const char *access_of(unsigned int flags)
{
	return flags & FLAG_READ ? "read" : flags & FLAG_WRITE ? "write" : "";
}

static bool begins(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

/* Between the event and who wants the lock: the lock's own code. */
static bool is_lock_code(const char *frame)
{
	static const char *const starts[] = {
		"__mutex_", "mutex_", "__ww_mutex_", "ww_mutex_", "rwsem_", "__rwsem_", "down_", "__down",
		"_raw_", "__raw_", "native_queued_", "__pv_queued_", "pv_queued_", "queued_", "do_raw_",
		"rt_mutex_", "__rt_mutex_", "rt_spin_", "rt_read_", "rt_write_", "rwbase_", "percpu_",
		"__percpu_", "osq_", "__traceiter_", "trace_",
	};

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (begins(frame, starts[i]))
			return true;
	return begins(frame, "down+");
}

/* A stack as it is read, nearest first. */
struct stack {
	const char *frame[32];
	unsigned int nr;
};

/* "symbol+0x10/0x20 [module]": as it is, but for the function's length. */
static void copy_frame(char *out, size_t size, const char *frame)
{
	size_t symbol = strcspn(frame, "/ ");
	const char *module = strchr(frame, '[');

	snprintf(out, size, "%.*s%s%s", (int)symbol, frame, module ? " " : "", module ? module : "");
}

/* *ended: the stretch is the wait's last. */
static void take_stack(struct vb_lock_wait *w, const struct stack *s, bool *ended)
{
	unsigned int first = 0;
	size_t used = 0;

	*ended = true;
	for (unsigned int i = 0; i < s->nr; i++) {
		if (!strstr(s->frame[i], "contention_"))
			continue;
		*ended = !strstr(s->frame[i], "contention_begin");
		first = i + 1;
	}
	while (first + 1 < s->nr && is_lock_code(s->frame[first]))
		first++;
	for (unsigned int i = first; i < s->nr && used < sizeof(w->path); i++) {
		char frame[VB_LOCK_SITE_MAX];

		copy_frame(frame, sizeof(frame), s->frame[i]);
		if (i == first)
			snprintf(w->site, sizeof(w->site), "%s", frame);
		used += (size_t)snprintf(w->path + used, sizeof(w->path) - used, "%s%s", used ? " < " : "",
					 frame);
	}
}

/* The number behind @key in @line; false: there is none. */
static bool number(const char *line, const char *key, uint64_t *value)
{
	const char *at = strstr(line, key);
	char *end;

	if (!at)
		return false;
	at += strlen(key);
	*value = strtoull(at, &end, 10);
	return end != at;
}

static bool same(const struct vb_lock_wait *a, const struct vb_lock_wait *b)
{
	return a->tid == b->tid && a->kind == b->kind && a->access == b->access &&
	       !strcmp(a->site, b->site) && !strcmp(a->path, b->path);
}

/* Stretches of one wait have stacks of their own inside the lock's code. */
static int add_wait(struct vb_lock_waits *waits, const struct vb_lock_wait *w)
{
	struct vb_lock_wait *grown;

	for (size_t i = 0; i < waits->nr; i++) {
		struct vb_lock_wait *old = &waits->wait[i];

		if (!same(old, w))
			continue;
		old->waits += w->waits;
		old->total_ns += w->total_ns;
		old->spin_ns += w->spin_ns;
		if (w->max_ns > old->max_ns)
			old->max_ns = w->max_ns;
		return 0;
	}
	grown = reallocarray(waits->wait, waits->nr + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	waits->wait = grown;
	waits->wait[waits->nr++] = *w;
	return 0;
}

static char *next_line(char **text)
{
	char *line = strsep(text, "\n");

	while (line && isspace((unsigned char)*line))
		line++;
	return line;
}

/*
 * { who:  171, flags:  33, stacktrace:
 *          __mutex_lock.constprop.0+0x506/0x720
 *          vfio_iommu_type1_ioctl+0x423/0x1900 [vfio_iommu_type1]
 * } hitcount:  6  ns:  36417587
 *	max:  8163698  ns:  8163698
 */
static int parse_entry(const char *head, char **text, struct vb_lock_waits *waits)
{
	struct vb_lock_wait w = { 0 };
	struct stack stack = { .nr = 0 };
	uint64_t tid, flags, hits;
	bool ended;
	char *line;

	if (!number(head, "who:", &tid) || !number(head, "flags:", &flags))
		return -EPROTO;
	while ((line = next_line(text)) && *line != '}')
		if (*line && stack.nr < sizeof(stack.frame) / sizeof(*stack.frame))
			stack.frame[stack.nr++] = line;
	if (!line || !number(line, "hitcount:", &hits) || !number(line, "ns:", &w.total_ns))
		return -EPROTO;
	line = next_line(text);
	if (!line || !number(line, "max:", &w.max_ns))
		return -EPROTO;
	w.tid = (pid_t)tid;
	w.kind = kind_of((unsigned int)flags);
	w.access = access_of((unsigned int)flags);
	take_stack(&w, &stack, &ended);
	w.waits = ended ? hits : 0;
	w.spin_ns = flags & FLAG_SPIN ? w.total_ns : 0;
	return add_wait(waits, &w);
}

int vb_lock_waits_parse(char *text, struct vb_lock_waits *waits)
{
	bool whole = false;
	int ret = 0;
	char *line;

	*waits = (struct vb_lock_waits){ 0 };
	while (!ret && (line = next_line(&text))) {
		if (*line == '{')
			ret = parse_entry(line, &text, waits);
		else if (begins(line, "Dropped:"))
			whole = number(line, "Dropped:", &waits->dropped);
	}
	if (!ret && !whole)
		ret = -EPROTO;
	if (ret)
		vb_lock_waits_free(waits);
	return ret;
}

/* All tables can be full: what the first two miss begins no stretch. */
static int add_dropped(const struct vb_trace *trace, uint64_t *dropped)
{
	static const enum part others[] = { BEGIN_NOTE, BEGIN_FIRE, END_STRETCH };
	char event[96], path[VB_TRACE_PATH_MAX], *text;
	uint64_t value;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		fill(event, sizeof(event), triggers[others[i]].event, trace->name, "");
		if (vb_trace_path(path, sizeof(path), "instances/%s/events/%s/hist", trace->name, event))
			return -ENODEV;
		text = vb_trace_read(path);
		if (!text)
			return errno ? -errno : -EIO;
		for (char *at = text; (at = strstr(at, "Dropped:")); at++)
			if (number(at, "Dropped:", &value))
				*dropped += value;
		free(text);
	}
	return 0;
}

int vb_trace_locks_read(const struct vb_trace *trace, struct vb_lock_waits *waits)
{
	char event[96], path[VB_TRACE_PATH_MAX], *text;
	int ret;

	*waits = (struct vb_lock_waits){ 0 };
	fill(event, sizeof(event), triggers[WAIT_SUM].event, trace->name, "");
	ret = vb_trace_path(path, sizeof(path), "instances/%s/events/%s/hist", trace->name, event);
	if (ret)
		return ret;
	text = vb_trace_read(path);
	if (!text)
		return errno ? -errno : -EIO;
	ret = vb_lock_waits_parse(text, waits);
	free(text);
	return ret ? ret : add_dropped(trace, &waits->dropped);
}

void vb_lock_waits_free(struct vb_lock_waits *waits)
{
	free(waits->wait);
	*waits = (struct vb_lock_waits){ 0 };
}
