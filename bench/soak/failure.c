// SPDX-License-Identifier: GPL-2.0-or-later
/* What is kept of a cycle that failed: all of it, with the machine's state and the way to repeat it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/engine/watchdog.h"
#include "bench/soak/soak_impl.h"
#include "lib/machine/counters.h"
#include "lib/result/dir.h"

#define KEPT_MAX 20		/* failures beyond the first whose folders are kept */

static void write_log(const struct soak *s, int fd)
{
	size_t length = 0;
	const char *text = s->klog ? vb_klog_text(s->klog, &length) : NULL;

	if (text)
		vb_result_write(fd, "kernel.log", text, length);
}

static void write_stacks(int fd)
{
	unsigned int in_d;
	/* The watchdog may have been there before us. */
	int file = openat(fd, "stacks.txt", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (file < 0)
		return;
	vb_stacks_write(file, &in_d);
	fsync(file);
	close(file);
}

/* What --replay takes from its caller only. */
static void name_consent(const struct vb_soak_options *o, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s%s", o->accept_loss ? " --accept-loss" : "",
		 o->acknowledge_others ? " --acknowledge-others" : "", o->variant_dir ? " --variant-dir " : "",
		 o->variant_dir ? o->variant_dir : "");
}

/* For a reader; failure.json is for --replay. */
static void write_text(const struct soak *s, int fd, const struct soak_choice *c,
		       const struct soak_outcome *o, const char *folder)
{
	char *text, consent[4200];
	int length;

	name_consent(s->opt, consent, sizeof(consent));
	length = asprintf(&text,
			  "cycle %llu of a soak with seed %llu, %.0f s after its start: %s\n%s\n\n"
			  "job %s (%s), variant %s, fault %s, %s\n"
			  "measured part %.3f s, load stopped %u times, CPUs changed every %.3f s\n\n"
			  "once more:\n    %s soak --replay %s/%s%s\n",
			  (unsigned long long)c->number, (unsigned long long)s->seed, o->start_s,
			  soak_verdict_name(o->verdict), o->why, s->job[c->job].name,
			  s->job[c->job].runs[c->run].label, *s->variant[c->variant].name ?
			  s->variant[c->variant].name : "stock", soak_fault_name(s, c),
			  o->injected ? "injected" : "not injected", (double)c->duration_ns / 1e9,
			  c->stops, (double)c->shuffle_ns / 1e9, s->program, s->dir, folder, consent);

	if (length < 0)
		return;
	vb_result_write(fd, "failure.txt", text, (size_t)length);
	free(text);
}

static void write_replay(struct soak *s, int fd, const struct soak_choice *c)
{
	json_t *json = soak_state_to_json(s);

	if (!json)
		return;
	json_object_set_new(json, "cycle", json_integer((json_int_t)c->number));
	vb_result_write_json(fd, "failure.json", json);
	json_decref(json);
}

void soak_keep_failure(struct soak *s, const struct soak_choice *c, const struct soak_outcome *o)
{
	bool first = faccessat(s->dir_fd, "failure", F_OK, AT_SYMLINK_NOFOLLOW) != 0;
	char from[64], to[64];
	int fd;

	snprintf(from, sizeof(from), "cycles/%06llu", (unsigned long long)s->cycles);
	snprintf(to, sizeof(to), "%s", first ? "failure" : from);
	fd = openat(s->dir_fd, from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (s->klog)
		vb_klog_poll(s->klog);
	write_log(s, fd);
	if (!o->past)
		write_stacks(fd);
	write_text(s, fd, c, o, to);
	write_replay(s, fd, c);
	soak_link_jobs(s, fd);
	fsync(fd);
	close(fd);
	if (first && renameat(s->dir_fd, from, s->dir_fd, to))
		return;
	fsync(s->dir_fd);
	if (!first && s->failed > KEPT_MAX)
		soak_remove(s, from);
}
