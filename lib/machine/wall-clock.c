// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/machine/wall-clock.h"

#define NS_PER_S 1000000000

static int64_t read_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static int set_ns(int64_t ns)
{
	struct timespec ts = { ns / NS_PER_S, ns % NS_PER_S };

	return clock_settime(CLOCK_REALTIME, &ts) ? -errno : 0;
}

int64_t vb_wall_ahead_ns(void)
{
	return read_ns(CLOCK_REALTIME) - read_ns(CLOCK_BOOTTIME);
}

int vb_wall_step(int seconds, char id[VB_JOURNAL_ID_SIZE])
{
	char before[32];
	int err;

	snprintf(before, sizeof(before), "%" PRId64, vb_wall_ahead_ns());
	err = vb_journal_begin(VB_JOURNAL_CLOCK, VB_JOURNAL_REALTIME, before, id);
	if (err)
		return err;
	err = set_ns(read_ns(CLOCK_REALTIME) + (int64_t)seconds * NS_PER_S);
	if (err) {
		vb_journal_end(id);
		id[0] = '\0';
	}
	return err;
}

static int read_before(const char *before, int64_t *ahead_ns)
{
	char *end;

	errno = 0;
	*ahead_ns = strtoll(before, &end, 10);
	return end == before || *end || errno ? -EPROTO : 0;
}

bool vb_wall_stepped(const char *before)
{
	int64_t ahead_ns, now_ns = vb_wall_ahead_ns();

	return !read_before(before, &ahead_ns) &&
	       (now_ns > ahead_ns ? now_ns - ahead_ns : ahead_ns - now_ns) >= VB_WALL_STEP_NS;
}

int vb_wall_put_back(const char *before)
{
	int64_t ahead_ns;
	int err = read_before(before, &ahead_ns);

	if (err)
		return err;
	return vb_wall_stepped(before) ? set_ns(read_ns(CLOCK_BOOTTIME) + ahead_ns) : 0;
}
