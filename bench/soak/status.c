// SPDX-License-Identifier: GPL-2.0-or-later
/* What a soak tells while it runs: status.json for monitors, lines for people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "bench/soak/soak_impl.h"
#include "lib/measure/clock.h"
#include "lib/result/dir.h"

#define LINE_NS		1000000000ull
#define PLAIN_NS	60000000000ull	/* between lines where there is no terminal */
#define FILE_NS		2000000000ull

const char *soak_verdict_name(enum soak_verdict verdict)
{
	static const char *const names[] = {
		[SOAK_CLEAN] = "clean", [SOAK_SKIPPED] = "skipped", [SOAK_FAILED] = "failed",
		[SOAK_HUNG] = "hung", [SOAK_CUT] = "interrupted",
	};

	return names[verdict];
}

const char *soak_fault_name(const struct soak *s, const struct soak_choice *c)
{
	return c->fault < 0 ? "none" : s->fault[c->fault].ops->name;
}

double soak_elapsed_s(const struct soak *s)
{
	return (double)(s->elapsed_ns + (s->start_ns ? vb_now_ns() - s->start_ns : 0)) / 1e9;
}

static double left_s(const struct soak *s)
{
	double elapsed = soak_elapsed_s(s);

	if (s->opt->for_ns)
		return (double)s->opt->for_ns / 1e9 > elapsed ? (double)s->opt->for_ns / 1e9 - elapsed : 0;
	return s->cycles ? elapsed / (double)s->cycles *
			   (double)(s->opt->repeat > s->cycles ? s->opt->repeat - s->cycles : 0) : 0;
}

static json_t *counts_to_json(const struct soak_counts *c)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:i}", "held_pages", (json_int_t)c->held_pages,
			 "locked_bytes", (json_int_t)c->locked_bytes, "slab_unreclaimable_kib",
			 (json_int_t)c->slab_kib, "memory_available_kib", (json_int_t)c->available_kib,
			 "huge_pages_free", (json_int_t)c->huge_free, "descriptors", (int)c->fds);
}

static json_t *cycle_to_json(const struct soak *s, const struct soak_choice *c, const char *what)
{
	if (!c)
		return json_null();
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:f, s:I}", "number", (json_int_t)c->number, "job",
			 s->job[c->job].name, "variant", *s->variant[c->variant].name ?
			 s->variant[c->variant].name : "stock", "fault", soak_fault_name(s, c), "at", what,
			 "duration_s", (double)c->duration_ns / 1e9, "steps",
			 (json_int_t)atomic_load(&s->beacon->steps));
}

static void write_status(struct soak *s, const struct soak_choice *c, const char *what)
{
	struct soak_counts counts;
	json_t *json;
	char *text;

	soak_counts_read(&counts);
	json = json_pack("{s:i, s:s, s:i, s:I, s:I, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:o, s:o}",
			 "schema", 1, "state", c ? "running" : what, "pid", c ? (int)getpid() : 0,
			 "written_unix_s", (json_int_t)time(NULL), "seed", (json_int_t)s->seed,
			 "elapsed_s", soak_elapsed_s(s), "left_s", c ? left_s(s) : 0.0,
			 "cycles", (json_int_t)s->cycles, "clean", (json_int_t)s->clean,
			 "skipped", (json_int_t)s->skipped, "failed", (json_int_t)s->failed,
			 "faults_injected", (json_int_t)s->injected,
			 "operations", (json_int_t)s->operations,
			 "kernel_log_alarms", (json_int_t)s->log_hits, "first_failure", s->first_failure,
			 "cycle", cycle_to_json(s, c, what), "machine", counts_to_json(&counts));
	text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
	/* A status that can't be written is no reason to end. */
	if (text && vb_result_write(s->dir_fd, "status.json", text, strlen(text)))
		s->status_failed = true;
	free(text);
	json_decref(json);
}

static void print_line(const struct soak *s, const struct soak_choice *c, const char *what, bool terminal)
{
	char text[600], head[64] = "";
	struct winsize window;
	int columns = 0;

	snprintf(text, sizeof(text), "soak: %.0f s, %llu cycles, %llu failed, %llu faults, %llu operations, "
		 "%.0f s left; cycle %llu: %s, fault %s, %s", soak_elapsed_s(s),
		 (unsigned long long)s->cycles, (unsigned long long)s->failed,
		 (unsigned long long)s->injected, (unsigned long long)s->operations, left_s(s),
		 (unsigned long long)c->number, s->job[c->job].name, soak_fault_name(s, c), what);
	if (terminal && !ioctl(STDERR_FILENO, TIOCGWINSZ, &window))
		columns = window.ws_col;
	if (terminal)
		snprintf(head, sizeof(head), "\r\033[K");
	if (columns > 1)
		fprintf(stderr, "%s%.*s", head, columns - 1, text);
	else
		fprintf(stderr, "%s%s%s", head, text, terminal ? "" : "\n");
	fflush(stderr);
}

void soak_status(struct soak *s, const struct soak_choice *c, const char *what)
{
	uint64_t now = vb_now_ns();
	bool terminal = isatty(STDERR_FILENO);

	if (!c || now >= s->next_file_ns) {
		write_status(s, c, what);
		s->next_file_ns = now + FILE_NS;
	}
	if (!c || s->opt->quiet || now < s->next_line_ns)
		return;
	print_line(s, c, what, terminal);
	s->next_line_ns = now + (terminal ? LINE_NS : PLAIN_NS);
}

/* What failed is told at once. */
void soak_tell(const struct soak *s, const struct soak_choice *c, const struct soak_outcome *o)
{
	if (o->verdict == SOAK_CLEAN || o->verdict == SOAK_CUT)
		return;
	fprintf(stderr, "%scycle %llu (%s, fault %s): %s: %s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "",
		(unsigned long long)c->number, s->job[c->job].name, soak_fault_name(s, c),
		soak_verdict_name(o->verdict), o->why);
}

void soak_tell_all(const struct soak *s)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	fprintf(stderr, "%llu cycles in %.0f s: %llu clean, %llu skipped, %llu failed; %llu faults injected, "
		"%llu operations, %llu alarms in the kernel log; seed %llu\n", (unsigned long long)s->cycles,
		soak_elapsed_s(s), (unsigned long long)s->clean, (unsigned long long)s->skipped,
		(unsigned long long)s->failed, (unsigned long long)s->injected,
		(unsigned long long)s->operations, (unsigned long long)s->log_hits,
		(unsigned long long)s->seed);
	for (unsigned int i = 0; i < s->nr_faults; i++) {
		const struct soak_fault *f = &s->fault[i];

		if (f->left_out)	/* told at the start */
			continue;
		fprintf(stderr, "  %-20s %llu injected, %llu failed%s%s\n", f->ops->name,
			(unsigned long long)f->injected, (unsigned long long)f->failures,
			*f->why_not ? "; not tried: " : "", f->why_not);
	}
	if (s->opt->one_fault && s->fault[0].injected != s->fault[0].begun)
		fprintf(stderr, "%s was injected in %llu of %llu cycles: in the others the run ended first, or it "
			"could not be tried\n", s->fault[0].ops->name, (unsigned long long)s->fault[0].injected,
			(unsigned long long)s->fault[0].begun);
	if (s->hung)
		fputs("the kernel holds tasks that can't be killed: reboot needed\n", stderr);
}
