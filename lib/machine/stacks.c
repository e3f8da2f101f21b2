// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel stacks of all tasks: what the watchdog saves when something hangs. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine/counters.h"

struct dump {
	FILE *out;
	unsigned int tasks;
	unsigned int tasks_in_d;
	unsigned int stacks;		/* that could be read */
	int denied;			/* the first refusal, -errno */
};

/* The text of @path in @dir into @buf: its length or -errno. */
static ssize_t read_at(int dir, const char *path, char *buf, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n;
}

/* "PID (NAME) S ...": the name and the state. */
static char parse_stat(char *stat, const char **name)
{
	char *open = strchr(stat, '('), *close = strrchr(stat, ')');

	*name = "?";
	if (!open || !close || close < open || close[1] != ' ')
		return '?';
	*close = '\0';
	*name = open + 1;
	return close[2];
}

static void dump_thread(struct dump *dump, int task_dir, const char *pid, const char *tid)
{
	char path[64], stat[512], stack[16384];
	const char *name;
	ssize_t n;
	char state;

	snprintf(path, sizeof(path), "%.20s/stat", tid);
	if (read_at(task_dir, path, stat, sizeof(stat)) <= 0)
		return;		/* it has ended */
	state = parse_stat(stat, &name);
	dump->tasks++;
	dump->tasks_in_d += state == 'D';
	fprintf(dump->out, "%s pid %s tid %s state %c\n", name, pid, tid, state);
	snprintf(path, sizeof(path), "%.20s/stack", tid);
	n = read_at(task_dir, path, stack, sizeof(stack));
	if (n >= 0) {
		dump->stacks++;
		fputs(stack, dump->out);
	} else if (!dump->denied && n != -ENOENT && n != -ESRCH) {
		dump->denied = (int)n;
	}
	fputc('\n', dump->out);
}

static void dump_process(struct dump *dump, int proc, const char *pid)
{
	struct dirent *entry;
	char path[64];
	DIR *dir;
	int fd;

	snprintf(path, sizeof(path), "%.20s/task", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return;
	}
	while ((entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			dump_thread(dump, fd, pid, entry->d_name);
	closedir(dir);
}

static int dump_all(struct dump *dump)
{
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	if (!proc)
		return -errno;
	while ((entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			dump_process(dump, dirfd(proc), entry->d_name);
	closedir(proc);
	return !dump->stacks && dump->denied ? dump->denied : 0;
}

int vb_stacks_write(int fd, unsigned int *tasks_in_d)
{
	struct dump dump = { 0 };
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), err;

	*tasks_in_d = 0;
	if (copy < 0)
		return -errno;
	dump.out = fdopen(copy, "a");
	if (!dump.out) {
		err = -errno;
		close(copy);
		return err;
	}
	err = dump_all(&dump);
	*tasks_in_d = dump.tasks_in_d;
	if (fclose(dump.out) && !err)
		err = -errno;
	return err;
}
