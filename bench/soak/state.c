// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a soak has to know to go on: state.json, replaced in one piece after every
 * cycle, and cycles.csv, of which the state says how much of it counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/cmd/cmd.h"
#include "bench/soak/soak_impl.h"
#include "lib/machine/sysfs.h"
#include "lib/measure/clock.h"
#include "lib/result/dir.h"

static const char csv_head[] =
	"cycle,start_s,seconds,job,label,variant,fault,injected,verdict,duration_s,stops,shuffle_s,"
	"operations,p99_us,held_pages,locked_bytes,slab_kib,available_kib,huge_free,descriptors,"
	"log_alarms,why\n";

static json_t *texts(const char *const *text, unsigned int nr)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < nr; i++)
		json_array_append_new(array, json_string(text[i]));
	return array;
}

static json_t *jobs_to_json(const struct soak *s)
{
	json_t *array = json_array();
	char file[VB_JOB_NAME_MAX + 16];

	for (unsigned int i = 0; i < s->nr_jobs; i++) {
		snprintf(file, sizeof(file), "jobs/%s.job", s->job[i].name);
		json_array_append_new(array, json_pack("{s:s, s:s, s:i}", "job", s->job[i].name, "file", file,
						       "weight", (int)s->job[i].weight));
	}
	return array;
}

static json_t *faults_to_json(const struct soak *s)
{
	json_t *array = json_array();
	char file[VB_JOB_NAME_MAX + 32];

	for (unsigned int i = 0; i < s->nr_faults; i++) {
		const struct soak_fault *f = &s->fault[i];
		json_t *json = json_pack("{s:s, s:i, s:b, s:I, s:I, s:I, s:I, s:s}", "fault", f->ops->name,
					 "weight", (int)f->weight, "left_out", f->left_out,
					 "begun", (json_int_t)f->begun, "injected", (json_int_t)f->injected,
					 "not_tried", (json_int_t)f->not_tried, "failures",
					 (json_int_t)f->failures, "why_not", f->why_not);

		if (f->own_job) {
			snprintf(file, sizeof(file), SOAK_OWN_JOBS "/%s.job", s->job[f->own_job].name);
			json_object_set_new(json, "job", json_string(file));
		}
		json_array_append_new(array, json);
	}
	return array;
}

static json_t *options_to_json(const struct soak *s)
{
	const struct vb_soak_options *o = s->opt;

	return json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:i, s:b, s:b, s:b, s:b, s:b, s:b, "
			 "s:b, s:b, s:s?}", "jobs", jobs_to_json(s), "set", texts(o->set, o->nr_set),
			 "variants", texts(o->variant, o->nr_variants),
			 "devices", texts(o->device, o->nr_devices), "for_ns", (json_int_t)o->for_ns,
			 "repeat", (json_int_t)o->repeat, "cycle_min_ns", (json_int_t)o->cycle_min_ns,
			 "cycle_max_ns", (json_int_t)o->cycle_max_ns, "limit_ns", (json_int_t)o->limit_ns,
			 "fault_percent", (int)o->fault_percent, "all_faults", o->all_faults,
			 "one_fault", o->one_fault, "fault_job", o->fault_job, "steady", o->steady,
			 "stop_on_failure", o->stop_on_failure, "keep", o->keep, "accept_loss",
			 o->accept_loss, "acknowledge_others", o->acknowledge_others, "variant_dir",
			 o->variant_dir);
}

static json_t *totals_to_json(const struct soak *s)
{
	return json_pack("{s:I, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:s}", "next",
			 (json_int_t)s->next, "resumed", (int)s->resumed, "elapsed_ns", (json_int_t)(soak_elapsed_s(s) * 1e9),
			 "cycles", (json_int_t)s->cycles, "clean", (json_int_t)s->clean, "skipped",
			 (json_int_t)s->skipped, "failed", (json_int_t)s->failed, "operations",
			 (json_int_t)s->operations, "log_alarms", (json_int_t)s->log_hits, "injected",
			 (json_int_t)s->injected, "csv_bytes", (json_int_t)s->csv_bytes, "first_failure",
			 s->first_failure, "late", s->late);
}

static void boot_id(char *text, size_t size)
{
	if (vb_sysfs_read("/proc/sys/kernel/random/boot_id", text, size) < 0)
		*text = '\0';
}

json_t *soak_state_to_json(struct soak *s)
{
	char boot[64];

	boot_id(boot, sizeof(boot));
	return json_pack("{s:i, s:I, s:s, s:b, s:b, s:b, s:b, s:I, s:I, s:I, s:o, s:o, s:o, s:O, s:I, s:I}",
			 "schema", 1, "seed", (json_int_t)s->seed, "boot_id", boot, "hung", s->hung, "ended", s->ended,
			 "stopped", s->in_order, "closing", s->closing, "running", (json_int_t)s->running,
			 "log_sequence", (json_int_t)s->log_sequence, "first_failed",
			 (json_int_t)s->first_failed, "options", options_to_json(s), "faults",
			 faults_to_json(s), "totals", totals_to_json(s), "machine", s->base, "held_pages",
			 (json_int_t)s->base_counts.held_pages, "taint", (json_int_t)s->base_counts.taint);
}

int soak_state_save(struct soak *s)
{
	json_t *json = soak_state_to_json(s);
	int ret;

	if (!json)
		return -ENOMEM;
	if (s->boots)
		json_object_set(json, "boots", s->boots);
	ret = vb_result_write_json(s->dir_fd, "state.json", json);
	json_decref(json);
	/* The name, too, has to survive a crash. */
	if (!ret && fsync(s->dir_fd))
		ret = -errno;
	return ret;
}

int soak_state_create(struct soak *s)
{
	int ret = vb_result_write(s->dir_fd, "cycles.csv", csv_head, sizeof(csv_head) - 1);

	s->csv_bytes = sizeof(csv_head) - 1;
	return ret ? ret : soak_state_save(s);
}

/* A text as a field of CSV: quoted, one line. */
static void quote(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
	}
	fputc('"', out);
}

static void print_row(FILE *out, const struct soak *s, const struct soak_choice *c,
		      const struct soak_outcome *o)
{
	const struct soak_counts *n = &o->counts;

	fprintf(out, "%llu,%.3f,%.3f,%s,", (unsigned long long)c->number, o->start_s, o->seconds,
		s->job[c->job].name);
	quote(out, s->job[c->job].runs[c->run].label);
	fprintf(out, ",%s,%s,%d,%s,%.3f,%u,%.3f,%llu,%.3f,%llu,%llu,%llu,%llu,%llu,%u,%llu,",
		*s->variant[c->variant].name ? s->variant[c->variant].name : "stock",
		soak_fault_name(s, c), o->injected, soak_verdict_name(o->verdict),
		(double)c->duration_ns / 1e9, c->stops, (double)c->shuffle_ns / 1e9,
		(unsigned long long)o->operations, o->p99_us, (unsigned long long)n->held_pages,
		(unsigned long long)n->locked_bytes, (unsigned long long)n->slab_kib,
		(unsigned long long)n->available_kib, (unsigned long long)n->huge_free, n->fds,
		(unsigned long long)o->log_hits);
	quote(out, o->why);
	fputc('\n', out);
}

static int append(struct soak *s, const char *text, size_t length)
{
	int fd = openat(s->dir_fd, "cycles.csv", O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n;
	int ret = 0;

	if (fd < 0)
		return -errno;
	/* Where the state's part ends: what a crash left behind it does not count. */
	n = pwrite(fd, text, length, (off_t)s->csv_bytes);
	if (n != (ssize_t)length)
		ret = n < 0 ? -errno : -ENOSPC;
	if (!ret && (ftruncate(fd, (off_t)(s->csv_bytes + length)) || fsync(fd)))
		ret = -errno;
	close(fd);
	if (!ret)
		s->csv_bytes += length;
	return ret;
}

static void count_fault(struct soak *s, const struct soak_choice *c, const struct soak_outcome *o)
{
	struct soak_fault *f;

	if (c->fault < 0)
		return;
	f = &s->fault[c->fault];
	f->begun++;
	f->injected += o->injected;
	f->not_tried += o->not_tried;
	f->failures += o->verdict == SOAK_FAILED || o->verdict == SOAK_HUNG;
	s->injected += o->injected;
}

int soak_count(struct soak *s, const struct soak_choice *c, const struct soak_outcome *o)
{
	size_t length = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &length);
	int ret = 0;

	if (!out)
		return -ENOMEM;
	print_row(out, s, c, o);
	if (fclose(out))
		ret = -ENOMEM;
	if (!ret)
		ret = append(s, text, length);
	free(text);
	s->cycles++;
	s->next = c->number + 1;
	s->clean += o->verdict == SOAK_CLEAN;
	s->skipped += o->verdict == SOAK_SKIPPED;
	s->operations += o->operations;
	s->log_hits += o->log_hits;
	count_fault(s, c, o);
	if (o->verdict == SOAK_FAILED || o->verdict == SOAK_HUNG) {
		if (!s->failed++) {
			snprintf(s->first_failure, sizeof(s->first_failure), "%s", o->why);
			s->first_failed = (int64_t)c->number;
		}
	}
	s->hung |= o->hung;
	return ret;
}
