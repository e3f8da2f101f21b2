// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counters of the kernel and of tasks.  Nothing here may wait for a task that
 * hangs: of /proc/PID only stat, status and stack are read, never cmdline,
 * maps, environ or smaps, which take the task's mmap_lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine/counters.h"

/* The whole of a small file into @buf, with a 0 behind it: its length, or -errno. */
static ssize_t read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		n = read(fd, buf + length, size - 1 - length);
		if (n > 0)
			length += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	n = n < 0 ? -errno : (ssize_t)length;
	close(fd);
	buf[length] = '\0';
	return n;
}

/* Per-CPU counts go into the global ones; -EACCES: not root. */
static int fold_vmstat(void)
{
	int fd = open("/proc/sys/vm/stat_refresh", O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return errno == EPERM ? -EACCES : -errno;
	/* EINVAL (before 5.12): folded, and some unrelated counter is below zero */
	if (write(fd, "1", 1) < 0 && errno != EINVAL)
		err = -errno;
	close(fd);
	return err;
}

/* The value of the line that begins with @key and @separator; false: no such line. */
static bool find_value(const char *text, const char *key, char separator, uint64_t *value)
{
	size_t length = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, length) && line[length] == separator)
			return sscanf(line + length + 1, "%" SCNu64, value) == 1;
	}
	return false;
}

int vb_foll_pins_read(struct vb_foll_pins *pins)
{
	char text[32768];
	int folded = fold_vmstat();
	ssize_t n;

	memset(pins, 0, sizeof(*pins));
	n = read_file("/proc/vmstat", text, sizeof(text));
	if (n < 0)
		return (int)n;
	pins->known = find_value(text, "nr_foll_pin_acquired", ' ', &pins->acquired) &&
		      find_value(text, "nr_foll_pin_released", ' ', &pins->released);
	return folded;
}

int vb_iommu_tables_read(uint64_t *bytes)
{
	char text[32768];
	uint64_t pages;
	ssize_t n;

	*bytes = 0;
	fold_vmstat();		/* not root: off by what the CPUs have not yet told */
	n = read_file("/proc/vmstat", text, sizeof(text));
	if (n < 0)
		return (int)n;
	if (!find_value(text, "nr_iommu_pages", ' ', &pages))
		return -EOPNOTSUPP;
	*bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}

int vb_locked_read(pid_t pid, struct vb_locked *locked)
{
	char path[64], text[8192];
	uint64_t kib;
	ssize_t n;

	memset(locked, 0, sizeof(*locked));
	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	else
		snprintf(path, sizeof(path), "/proc/self/status");
	n = read_file(path, text, sizeof(text));
	if (n < 0)
		return n == -ENOENT ? -ESRCH : (int)n;
	/* a zombie and a kernel thread have neither line, and lock nothing */
	if (find_value(text, "VmLck", ':', &kib))
		locked->locked_bytes = kib << 10;
	if (find_value(text, "VmPin", ':', &kib))
		locked->pinned_bytes = kib << 10;
	return 0;
}

/* Fields as proc(5) numbers them. */
enum { FIELD_STATE = 3, FIELD_UTIME = 14, FIELD_STIME = 15, FIELD_PROCESSOR = 39 };

static int parse_stat(char *fields, struct vb_thread_stat *stat)
{
	unsigned int field = FIELD_STATE;
	char *save, *word = strtok_r(fields, " \n", &save);

	memset(stat, 0, sizeof(*stat));
	for (; word; word = strtok_r(NULL, " \n", &save), field++) {
		if (field == FIELD_STATE)
			stat->state = *word;
		else if (field == FIELD_UTIME || field == FIELD_STIME)
			stat->cpu_ticks += strtoull(word, NULL, 10);
		else if (field == FIELD_PROCESSOR)
			stat->cpu = atoi(word);
	}
	return field > FIELD_PROCESSOR ? 0 : -EBADMSG;
}

int vb_thread_stat_read(pid_t pid, pid_t tid, struct vb_thread_stat *stat)
{
	char path[64], text[2048], *name_end;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid, (int)tid);
	n = read_file(path, text, sizeof(text));
	if (n < 0)
		return n == -ENOENT ? -ESRCH : (int)n;
	/* the name, in parentheses, may itself contain spaces and parentheses */
	name_end = strrchr(text, ')');
	return name_end ? parse_stat(name_end + 1, stat) : -EBADMSG;
}

int vb_taint_read(uint64_t *taint)
{
	char text[32];
	ssize_t n = read_file("/proc/sys/kernel/tainted", text, sizeof(text));

	if (n < 0)
		return (int)n;
	return sscanf(text, "%" SCNu64, taint) == 1 ? 0 : -EBADMSG;
}
