// SPDX-License-Identifier: GPL-2.0-or-later
/* Cycle after cycle, until the time is over, a number is done, or nothing can go on. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/cmd/cmd.h"
#include "bench/engine/supervisor.h"
#include "bench/soak/soak_impl.h"
#include "lib/measure/clock.h"

#define LOCK_TRIES 400		/* times 0.1 s: the run of a soak that was killed ends in order */

static int open_folder(struct soak *s, const char *path)
{
	char real[4096];

	if (!realpath(path, real))
		return -errno;
	snprintf(s->dir, sizeof(s->dir), "%s", real);
	s->dir_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->dir_fd < 0 ? -errno : 0;
}

static int make_folder(struct soak *s)
{
	char path[4096], stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	int ret;

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	snprintf(path, sizeof(path), "vfio-bench-soak-%s", stamp);
	if (s->opt->output && !*s->opt->output)
		return vb_fail(VB_EXIT_USAGE, "--output: no name: give a directory that does not exist");
	if (s->opt->output && strlen(s->opt->output) > sizeof(path) - 200)
		return vb_fail(VB_EXIT_USAGE, "--output: too long: give a shorter one");
	if (s->opt->output)
		snprintf(path, sizeof(path), "%s", s->opt->output);
	ret = mkdir(path, 0755) ? -errno : open_folder(s, path);
	if (!ret && mkdirat(s->dir_fd, "cycles", 0755))
		ret = -errno;
	return ret ? vb_fail(VB_EXIT_USAGE, "%s: can't make the soak's directory: %s: give another --output%s",
			     path, strerror(-ret), ret == -EEXIST ? ", or --resume" : "") : VB_EXIT_OK;
}

/* Held by the soak and every run of it: who goes on waits for a run that still ends. */
static int lock_folder(struct soak *s)
{
	s->lock_fd = openat(s->dir_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (s->lock_fd < 0)
		return vb_fail(VB_EXIT_USAGE, "%s/lock: %s", s->dir, strerror(errno));
	for (int try = 0; flock(s->lock_fd, LOCK_EX | LOCK_NB); try++) {
		if (errno != EWOULDBLOCK)
			break;		/* a file system without locks has none */
		if (try == LOCK_TRIES || vb_interrupted())
			return vb_fail(VB_EXIT_USAGE, "%s: a soak, or a run of it, is still at work there", s->dir);
		nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
	}
	return VB_EXIT_OK;
}

static int prepare(struct soak *s)
{
	int ret;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	s->beacon = vb_beacon_make(&s->beacon_fd);
	if (!s->beacon)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory or descriptors");
	soak_log_open(s);
	if (!s->base)
		s->base = soak_machine_read();
	if (!s->base)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
	soak_counts_read(&s->base_counts);
	if (s->same_boot) {
		s->base_counts.held_pages = s->held_then;
		s->base_counts.taint = s->taint_then;
	}
	soak_leaks_begin(s);
	s->start_ns = vb_now_ns();
	ret = s->opt->resume ? 0 : soak_copy_jobs(s);
	if (!ret)
		ret = s->opt->resume ? 0 : soak_state_create(s);
	return ret ? vb_fail(VB_EXIT_UNTRUSTED, "%s: can't be written: %s", s->dir, strerror(-ret)) : VB_EXIT_OK;
}

static bool over(const struct soak *s)
{
	if (s->opt->repeat)
		return s->cycles >= s->opt->repeat;
	return soak_elapsed_s(s) >= (double)s->opt->for_ns / 1e9;
}

/* The folder of a clean cycle goes; that of others stays. */
static void clear_cycle(struct soak *s, uint64_t number, const struct soak_outcome *o)
{
	char name[64];

	if (o->verdict == SOAK_FAILED || o->verdict == SOAK_HUNG || s->opt->keep)
		return;
	snprintf(name, sizeof(name), "cycles/%06llu", (unsigned long long)number);
	soak_remove(s, name);
}

/* 0, or an enum vb_exit: the soak can't go on. */
static int one_cycle(struct soak *s, uint64_t number)
{
	uint64_t folder = s->cycles;
	struct soak_outcome o;
	struct soak_choice c;
	int ret;

	soak_choose(s, number, &c);
	soak_status(s, &c, "begins");
	s->running = (int64_t)number;
	ret = soak_state_save(s);
	if (!ret)
		ret = soak_cycle(s, &c, &o);
	s->running = -1;
	if (!ret && o.verdict != SOAK_CUT) {
		ret = soak_count(s, &c, &o);
		if (!ret)
			ret = soak_state_save(s);
		soak_tell(s, &c, &o);
	}
	if (ret)
		return vb_fail(VB_EXIT_UNTRUSTED, "%s: cycle %llu: %s: mend that, then --resume", s->dir,
			       (unsigned long long)number, strerror(-ret));
	clear_cycle(s, folder, &o);
	return VB_EXIT_OK;
}

static bool stops(const struct soak *s)
{
	return s->hung || vb_interrupted() || (s->failed && s->opt->stop_on_failure);
}

/* The same cycle, as often as asked for. */
static int replay(struct soak *s)
{
	uint64_t number = (uint64_t)json_integer_value(json_object_get(s->saved, "cycle"));
	int ret = VB_EXIT_OK;

	s->closing = json_is_true(json_object_get(s->saved, "closing"));
	while (!ret && !stops(s) && s->cycles < s->opt->repeat)
		ret = one_cycle(s, number);
	return ret;
}

static int all_cycles(struct soak *s)
{
	int ret = VB_EXIT_OK;

	if (s->opt->replay)
		return replay(s);

	while (!ret && !stops(s) && !over(s))
		ret = one_cycle(s, s->next);
	if (ret || stops(s))
		return ret;
	s->closing = true;
	ret = one_cycle(s, s->next);
	s->ended = !ret && !vb_interrupted();
	return ret;
}

/* One fault, asked for in every cycle, was not in every one that it was drawn for. */
static bool fault_missed(const struct soak *s)
{
	const struct soak_fault *f = &s->fault[0];

	return s->opt->one_fault && (f->injected != f->begun || (!f->begun && !s->opt->replay));
}

/* Nothing was shown where nothing ran, little where most could not. */
static int verdict(const struct soak *s)
{
	if (s->failed || s->hung || *s->drift || *s->late)
		return VB_EXIT_INCORRECT;
	if (vb_interrupted())
		return VB_EXIT_UNTRUSTED;
	if (s->skipped && s->skipped == s->cycles)
		return VB_EXIT_SKIPPED;
	if (!s->operations || s->skipped > s->clean || fault_missed(s))
		return VB_EXIT_UNTRUSTED;
	return VB_EXIT_OK;
}

static void clean_up(struct soak *s)
{
	for (unsigned int i = 0; i < s->nr_jobs + s->nr_own_jobs; i++)
		free(s->job[i].runs);
	for (unsigned int i = 0; i < s->nr_own_paths; i++)
		free(s->own_path[i]);
	if (s->klog)
		vb_klog_close(s->klog);
	vb_beacon_free(s->beacon);
	if (s->beacon_fd >= 0)
		close(s->beacon_fd);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	soak_unlock_devices(s);
	json_decref(s->base);
	json_decref(s->boots);
	json_decref(s->saved);
	free(s);
}

/* The lock first: only then is the state the last one. */
static int take_over(struct soak *s)
{
	int ret = open_folder(s, s->opt->resume);

	if (ret)
		return vb_fail(VB_EXIT_USAGE, "%s: %s: give the directory of a soak", s->opt->resume,
			       strerror(-ret));
	ret = lock_folder(s);
	return ret ? ret : soak_state_load(s, s->dir, "state.json");
}

static int begin(struct soak *s)
{
	int ret = VB_EXIT_OK;

	if (s->opt->resume)
		ret = take_over(s);
	else if (s->opt->replay)
		ret = soak_state_load(s, s->opt->replay, "failure.json");
	/* Before anything looks at the machine. */
	if (!ret && s->opt->resume)
		soak_put_back();
	if (!ret)
		ret = soak_setup(s);
	if (!ret)
		ret = soak_lock_devices(s);
	if (!ret && s->saved)
		ret = soak_go_on(s);
	if (ret || s->opt->resume)
		return ret;
	ret = make_folder(s);
	return ret ? ret : lock_folder(s);
}

static int soak(struct soak *s)
{
	int ret = begin(s);

	if (!ret)
		ret = prepare(s);
	if (!ret && s->opt->resume)
		ret = soak_account(s);
	if (ret)
		return ret;
	ret = all_cycles(s);
	soak_log_end(s);
	s->in_order = true;
	if (soak_state_save(s))
		vb_warn("%s/state.json can't be written: %s", s->dir, strerror(errno));
	if (soak_summary(s))
		vb_warn("%s: the summary can't be written", s->dir);
	soak_status(s, NULL, vb_interrupted() ? "interrupted" : s->hung ? "hung" : "ended");
	soak_tell_all(s);
	if (*s->drift)
		fprintf(stderr, "drift: %s\n", s->drift);
	if (*s->late)
		fprintf(stderr, "failed: %s\n", s->late);
	fprintf(stderr, "soak: %s\n", s->dir);
	return ret ? ret : verdict(s);
}

int vb_soak_run(struct vb_soak_options *options)
{
	struct soak *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
	s->opt = options;
	s->dir_fd = s->lock_fd = s->beacon_fd = -1;
	s->first_failed = s->running = -1;
	vb_signals_init();
	vb_clock_init();
	ret = soak(s);
	clean_up(s);
	return ret;
}
