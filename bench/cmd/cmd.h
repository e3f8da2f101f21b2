/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Subcommands: one file, one struct vb_cmd each; bench/cmd/list.c names them all. */
#ifndef VB_CMD_H
#define VB_CMD_H

#include <argp.h>
#include <stdbool.h>

enum vb_exit {
	VB_EXIT_OK = 0,
	VB_EXIT_USAGE = 1,		/* usage or bad input */
	VB_EXIT_INCORRECT = 2,		/* correctness failure: leak, count, log, hang */
	VB_EXIT_UNTRUSTED = 3,		/* ran, but not to be trusted */
	VB_EXIT_SKIPPED = 4,
	VB_EXIT_REGRESSION = 5,
};

struct vb_cmd {
	const char *name;
	const char *summary;		/* one line, lower case, no full stop */
	const char *args_doc;		/* as argp's, e.g. "JOB" */
	/* What --help and the man page say below the summary; paragraphs. */
	const char *doc;
	/* Ends with { 0 }; the one table of the options. */
	const struct argp_option *options;
	/* @argv[0] is the subcommand.  Returns an enum vb_exit. */
	int (*run)(const struct vb_cmd *cmd, int argc, char **argv);
};

/* Sorted by name, NULL at the end. */
extern const struct vb_cmd *const vb_cmd_list[];

/*
 * Parse the options and arguments of @cmd with argp into @input.  VB_EXIT_OK,
 * or VB_EXIT_USAGE when something is wrong, which one message has said (what
 * @parser refuses it reports itself); --help ends the program.
 */
int vb_cmd_parse(const struct vb_cmd *cmd, argp_parser_t parser, int argc, char **argv,
		 void *input);

/*
 * One voice: "vfio-bench: WHERE: what: what to do\n" on stderr.  Returns its
 * first argument, so that a command can "return vb_fail(VB_EXIT_USAGE, ...)".
 */
int vb_fail(int exit_code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void vb_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* VB_CMD_H */
