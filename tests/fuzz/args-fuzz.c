// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command line: arguments of one subcommand, its name first, each ended by a
 * zero byte.  What the subcommand would then do is not done: the linker puts the
 * functions below in the place of what acts (-Wl,--wrap), and a subcommand that
 * is not in goes_on[] ends when its arguments are parsed.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "bench/cmd/cmd.h"
#include "bench/cmd/session-args.h"
#include "bench/cmd/variant.h"
#include "bench/cmd/verdict.h"
#include "bench/report/write.h"
#include "bench/soak/soak.h"
#include "lib/result/samples.h"
#include "tests/fuzz/fuzz.h"

#define MAX_ARGS 24

int __real_vb_cmd_parse(const struct vb_cmd *cmd, argp_parser_t parser, int argc, char **argv,
			void *input);
int __wrap_vb_cmd_parse(const struct vb_cmd *cmd, argp_parser_t parser, int argc, char **argv,
			void *input);
int __wrap_vb_fail(int exit_code, const char *format, ...);
int __wrap_vb_session_run(const struct vb_session_options *o, char *result, size_t size,
			  bool *complete);
int __wrap_vb_soak_run(struct vb_soak_options *o);
int __wrap_vb_verdict_foresee(const struct vb_verdict *v, const char *job, double want,
			      unsigned int pairs);
int __wrap_vb_report_open(const char *path, struct vb_report *report, char *err, size_t size);
int __wrap_vb_compare_side_load(const char *path, struct vb_compare_side *side, char *err,
				size_t size);
int __wrap_vb_result_load(const char *path, struct vb_result *result, char *err, size_t size);
int __wrap_vb_sample_summary_read(const char *path, struct vb_sample_summary *summary, char *err,
				  size_t size);
int __wrap_vb_sample_reader_open(struct vb_sample_reader **reader, const char *path, char *err,
				 size_t size);
int __wrap_variant_build(const struct variant_args *args);
int __wrap_variant_current(const struct variant_args *args);
int __wrap_variant_list(const struct variant_args *args);
int __wrap_variant_load(const struct variant_args *args);
int __wrap_variant_unload(const struct variant_args *args);

static const char *const goes_on[] = { "ab", "compare", "report", "run", "samples", "variant" };
static unsigned int messages;

int __wrap_vb_cmd_parse(const struct vb_cmd *cmd, argp_parser_t parser, int argc, char **argv,
			void *input)
{
	int ret = __real_vb_cmd_parse(cmd, parser, argc, argv, input);

	require(ret == VB_EXIT_OK || (ret == VB_EXIT_USAGE && messages == 1),
		"not refused with one message", cmd->name);
	for (size_t i = 0; i < sizeof(goes_on) / sizeof(*goes_on); i++)
		if (!strcmp(cmd->name, goes_on[i]))
			return ret;
	messages = 1;
	return VB_EXIT_USAGE;
}

int __wrap_vb_fail(int exit_code, const char *format, ...)
{
	char text[1 << 16];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	require(*text, "an empty message", format);
	messages++;
	return exit_code;
}

/* Where a command acts it has refused nothing, and ends here. */
static int act(void)
{
	require(!messages, "it goes on after a message", "");
	messages++;
	return VB_EXIT_USAGE;
}

static int act_on(const char *path)
{
	require(path != NULL, "no path", "");
	return -ENOENT;
}

int __wrap_vb_soak_run(struct vb_soak_options *o)
{
	require(o->nr_jobs || o->resume || o->replay, "no job", "");
	require(!o->for_ns || !o->repeat, "two ends", "");
	require(o->cycle_min_ns && o->cycle_min_ns <= o->cycle_max_ns, "no length", "");
	return act();
}

int __wrap_vb_session_run(const struct vb_session_options *o, char *result, size_t size,
			  bool *complete)
{
	(void)size;
	if (result)
		*result = '\0';
	if (complete)
		*complete = false;
	require(o->job || o->resume, "no job", "");
	require(o->nr_arms <= VB_MAX_ARMS && o->nr_set <= VB_SESSION_MAX_SET, "too many", "");
	return act();
}

int __wrap_vb_verdict_foresee(const struct vb_verdict *v, const char *job, double want,
			      unsigned int pairs)
{
	(void)v;
	(void)want;
	(void)pairs;
	require(job != NULL, "no job", "");
	return VB_EXIT_OK;
}

int __wrap_vb_report_open(const char *path, struct vb_report *report, char *err, size_t size)
{
	memset(report, 0, sizeof(*report));
	snprintf(err, size, "%s", path);
	return act_on(path);
}

int __wrap_vb_compare_side_load(const char *path, struct vb_compare_side *side, char *err,
				size_t size)
{
	memset(side, 0, sizeof(*side));
	snprintf(err, size, "%s", path);
	return act_on(path);
}

int __wrap_vb_result_load(const char *path, struct vb_result *result, char *err, size_t size)
{
	memset(result, 0, sizeof(*result));
	snprintf(err, size, "%s", path);
	return act_on(path);
}

int __wrap_vb_sample_summary_read(const char *path, struct vb_sample_summary *summary, char *err,
				  size_t size)
{
	(void)summary;
	snprintf(err, size, "%s", path);
	return act_on(path);
}

int __wrap_vb_sample_reader_open(struct vb_sample_reader **reader, const char *path, char *err,
				 size_t size)
{
	(void)reader;
	snprintf(err, size, "%s", path);
	return act_on(path);
}

int __wrap_variant_build(const struct variant_args *args)
{
	(void)args;
	return act();
}

int __wrap_variant_current(const struct variant_args *args)
{
	(void)args;
	return act();
}

int __wrap_variant_list(const struct variant_args *args)
{
	(void)args;
	return act();
}

int __wrap_variant_load(const struct variant_args *args)
{
	(void)args;
	return act();
}

int __wrap_variant_unload(const struct variant_args *args)
{
	(void)args;
	return act();
}

/* argp ends the program for these. */
static int asks_for_help(const char *arg)
{
	if (!strncmp(arg, "--", 2))
		return arg[2] == 'h' || arg[2] == 'u';
	return *arg == '-' && strchr(arg, '?');
}

/* Each in memory of its own length: a read beyond it is seen. */
static int split(const uint8_t *data, size_t size, char **argv)
{
	int argc = 0;

	while (size && argc < MAX_ARGS) {
		const uint8_t *end = memchr(data, 0, size);
		size_t length = end ? (size_t)(end - data) : size;

		argv[argc] = strndup((const char *)data, length);
		require(argv[argc++] != NULL, "no memory", "");
		data += end ? length + 1 : length;
		size -= end ? length + 1 : length;
	}
	argv[argc] = NULL;
	return argc;
}

static const struct vb_cmd *find(const char *name)
{
	for (const struct vb_cmd *const *cmd = vb_cmd_list; name && *cmd; cmd++)
		if (!strcmp((*cmd)->name, name))
			return *cmd;
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* argp permutes the one, the other is what is freed. */
	char *argv[MAX_ARGS + 1], *mine[MAX_ARGS + 1];
	int argc = split(data, size, argv), help = 0;
	const struct vb_cmd *cmd = find(argv[0]);

	memcpy(mine, argv, sizeof(mine));
	for (int i = 1; i < argc; i++)
		help |= asks_for_help(argv[i]);
	messages = 0;
	if (cmd && !help) {
		int ret = cmd->run(cmd, argc, argv);

		require(ret == VB_EXIT_USAGE && messages == 1, "not one message", cmd->name);
	}
	for (int i = 0; i < argc; i++)
		free(mine[i]);
	return 0;
}
