// SPDX-License-Identifier: GPL-2.0-or-later
/* Does a process that wrote into the journal still live? */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lib/machine/journal.h"
#include "lib/machine/sysfs.h"

/* Of /proc/PID/stat: the state's letter and the start's ticks.  Not taken from cmdline or
 * the like, which wait for the task's memory. */
static bool read_stat(pid_t pid, char *state, uint64_t *start)
{
	char path[64], text[1024], *rest;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (vb_sysfs_read(path, text, sizeof(text)) <= 0)
		return false;
	/* The name, in parentheses, may hold any byte. */
	rest = strrchr(text, ')');
	return rest && sscanf(rest + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
			      "%*d %*d %*d %*d %" SCNu64, state, start) == 2;
}

/* SIGKILL is pending until the process is out of the kernel's hands. */
static bool being_killed(pid_t pid)
{
	static const char *const keys[] = { "SigPnd:", "ShdPnd:" };
	char path[64], text[4096];
	uint64_t set;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (vb_sysfs_read(path, text, sizeof(text)) <= 0)
		return false;
	for (size_t i = 0; i < 2; i++) {
		const char *line = strstr(text, keys[i]);

		if (line && sscanf(line + 7, "%" SCNx64, &set) == 1 && set >> (SIGKILL - 1) & 1)
			return true;
	}
	return false;
}

uint64_t vb_owner_start(pid_t pid)
{
	uint64_t start;
	char state;

	return read_stat(pid, &state, &start) ? start : 0;
}

enum vb_owner_state vb_owner_state(pid_t pid, uint64_t start)
{
	uint64_t its_start;
	char state;

	if (!read_stat(pid, &state, &its_start) || its_start != start || state == 'Z' || state == 'X')
		return VB_OWNER_GONE;
	return being_killed(pid) ? VB_OWNER_DYING : VB_OWNER_ALIVE;
}
