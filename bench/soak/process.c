// SPDX-License-Identifier: GPL-2.0-or-later
/* The run of a cycle as a process: started, signalled, reaped, never waited for without a bound. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/soak/soak_impl.h"
#include "lib/measure/clock.h"

#define MAX_ARGS 128

struct command {
	const char *argv[MAX_ARGS];
	unsigned int argc;
	char job[4096], output[4096], seed[32];
};

static void add(struct command *c, const char *word)
{
	if (c->argc < MAX_ARGS - 1)
		c->argv[c->argc++] = word;
}

static void make_command(const struct soak *s, const struct soak_choice *choice,
			 const char *folder, const char *output, struct command *c)
{
	const struct vb_variant *v = &s->variant[choice->variant];
	const struct vb_soak_options *o = s->opt;

	snprintf(c->job, sizeof(c->job), "%s/%s.job", folder, s->job[choice->job].name);
	snprintf(c->output, sizeof(c->output), "%s", output);
	snprintf(c->seed, sizeof(c->seed), "%llu", (unsigned long long)choice->run_seed);
	add(c, s->program);
	add(c, "run");
	add(c, "--quiet");
	add(c, "--output");
	add(c, c->output);
	add(c, "--seed");
	add(c, c->seed);
	for (unsigned int i = 0; i < o->nr_devices; i++) {
		add(c, "--device");
		add(c, o->device[i]);
	}
	/* A job that maps nothing uses no kernel code. */
	if (*v->name && s->job[choice->job].runs[choice->run].global.iommu->has_devices) {
		add(c, "--variant");
		add(c, v->name);
	}
	if (o->variant_dir) {
		add(c, "--variant-dir");
		add(c, o->variant_dir);
	}
	if (o->accept_loss)
		add(c, "--accept-loss");
	if (o->acknowledge_others)
		add(c, "--acknowledge-others");
	add(c, c->job);
	c->argv[c->argc] = NULL;
}

static int write_job(const struct soak *s, const struct soak_choice *choice, const char *path)
{
	struct vb_job_run *run = malloc(sizeof(*run));
	int fd, ret;

	if (!run)
		return -ENOMEM;
	soak_choice_run(s, choice, run);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	ret = fd < 0 ? -errno : vb_job_run_write(run, fd);
	if (fd >= 0)
		close(fd);
	free(run);
	return ret;
}

static void keep_open(int fd)
{
	fcntl(fd, F_SETFD, 0);
}

/* In the forked process; what fails there ends it with 127, and the log says why. */
static void become_run(const struct soak *s, const struct command *c, int log_fd, pid_t soak,
		       struct vb_fault *fault) __attribute__((noreturn));

static void become_run(const struct soak *s, const struct command *c, int log_fd, pid_t soak,
		       struct vb_fault *fault)
{
	char number[16];
	int null = open("/dev/null", O_RDONLY);
	int ret;

	setpgid(0, 0);
	/* Without the soak it ends in order, and puts back what it changed. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != soak)
		_exit(127);
	dup2(null, STDIN_FILENO);
	dup2(log_fd, STDOUT_FILENO);
	dup2(log_fd, STDERR_FILENO);
	keep_open(s->beacon_fd);
	keep_open(s->lock_fd);
	snprintf(number, sizeof(number), "%d", s->beacon_fd);
	setenv(VB_BEACON_ENV, number, 1);
	ret = fault && fault->ops->in_run ? fault->ops->in_run(fault) : 0;
	if (ret) {
		dprintf(STDERR_FILENO, "soak: the fault's in_run: %s: %s\n", fault->said, strerror(-ret));
		_exit(127);
	}
	execv(s->program, (char *const *)c->argv);
	dprintf(STDERR_FILENO, "soak: %s: %s\n", s->program, strerror(errno));
	_exit(127);
}

int soak_run_start(struct soak *s, const struct soak_choice *choice, const char *folder,
		   const char *output, struct soak_run *run, struct vb_fault *fault)
{
	struct command c = { .argc = 0 };
	char path[4200];
	pid_t self = getpid();
	int log_fd, ret;

	make_command(s, choice, folder, output, &c);
	ret = write_job(s, choice, c.job);
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "%s/run.log", folder);
	log_fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
	if (log_fd < 0)
		return -errno;
	memset(s->beacon, 0, sizeof(*s->beacon));
	fflush(NULL);
	run->start_ns = vb_now_ns();
	run->pid = fork();
	if (run->pid == 0)
		become_run(s, &c, log_fd, self, fault);
	ret = run->pid < 0 ? -errno : 0;
	close(log_fd);
	if (!ret)
		setpgid(run->pid, run->pid);	/* whoever of the two is first */
	return ret;
}

bool soak_run_ended(const struct soak_run *run, int *status)
{
	return waitpid(run->pid, status, WNOHANG) == run->pid;
}

void soak_run_signal(const struct soak_run *run, int sig)
{
	if (run->pid > 1)
		kill(-run->pid, sig);
}

/* Is @name in /proc a child of this process?  Its pid, or 0. */
static pid_t child_named(const char *name)
{
	char path[300], text[512], *end;
	int parent, fd;
	ssize_t n;

	if (!isdigit((unsigned char)*name))
		return 0;
	snprintf(path, sizeof(path), "/proc/%s/stat", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	end = strrchr(text, ')');
	return end && sscanf(end + 2, "%*c %d", &parent) == 1 && parent == getpid() ? atoi(name) : 0;
}

/*
 * Reaps what has ended of the children of this process, orphans of the run among them, but
 * for @own, which a fault waits for itself; how many live on.  With @kill_them they are sent
 * SIGKILL: by number, as the janitor left the run's group, and a step of its work may, too.
 */
static unsigned int reap_some(pid_t own, bool kill_them)
{
	DIR *proc = opendir("/proc");
	unsigned int alive = 0;
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		pid_t pid = child_named(entry->d_name);

		if (!pid || pid == own)
			continue;
		if (kill_them)
			kill(pid, SIGKILL);
		alive += waitpid(pid, NULL, WNOHANG) == 0;
	}
	if (proc)
		closedir(proc);
	return alive;
}

bool soak_reap(uint64_t for_ns, pid_t own, bool kill_them)
{
	uint64_t end = vb_now_ns() + for_ns;

	while (reap_some(own, kill_them)) {
		if (vb_now_ns() >= end)
			return false;
		nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
	}
	return true;
}
