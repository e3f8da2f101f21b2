// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench: the subcommand table. */
#include <stdio.h>
#include <string.h>

#include "bench/cmd/cmd.h"
#include "config.h"
#include "lib/result/lost.h"

static void print_commands(FILE *out)
{
	fputs("usage: vfio-bench COMMAND [OPTION...] [ARG...]\n"
	      "stress and benchmark VFIO: map, unmap, pin, notify\n\n", out);
	for (const struct vb_cmd *const *cmd = vb_cmd_list; *cmd; cmd++)
		fprintf(out, "  %-10s %s\n", (*cmd)->name, (*cmd)->summary);
	fputs("\n'vfio-bench COMMAND --help' or 'vfio-bench help COMMAND' says more; so does\nvfio-bench(1).\n", out);
}

static void name_commands(char *text, size_t size)
{
	size_t used = 0;

	for (const struct vb_cmd *const *cmd = vb_cmd_list; *cmd && used < size; cmd++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
					 (*cmd)->name);
}

/* NULL: there is none, which has been told. */
static const struct vb_cmd *find(const char *name)
{
	char names[256];

	for (const struct vb_cmd *const *cmd = vb_cmd_list; *cmd; cmd++)
		if (!strcmp((*cmd)->name, name))
			return *cmd;
	name_commands(names, sizeof(names));
	vb_fail(VB_EXIT_USAGE, "'%s': no such command: valid: %s", name, names);
	return NULL;
}

/* 'help COMMAND' is 'COMMAND --help'. */
static int help(char *name)
{
	char option[] = "--help", *argv[] = { name, option, NULL };
	const struct vb_cmd *cmd = find(name);

	return cmd ? cmd->run(cmd, 2, argv) : VB_EXIT_USAGE;
}

/* A command that says that all is well may not have noticed what it lacks. */
static int judge(int status)
{
	if (status || !*vb_lost_text())
		return status;
	return vb_fail(VB_EXIT_UNTRUSTED, "%s: what was shown or written lacks something: try again",
		       vb_lost_text());
}

int main(int argc, char **argv)
{
	const struct vb_cmd *cmd;

	vb_lost_watch_json();
	if (argc < 2) {
		print_commands(stderr);
		return VB_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "help") && argc > 2)
		return help(argv[2]);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_commands(stdout);
		return VB_EXIT_OK;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts(PACKAGE_STRING);
		return VB_EXIT_OK;
	}
	cmd = find(argv[1]);
	return cmd ? judge(cmd->run(cmd, argc - 1, argv + 1)) : VB_EXIT_USAGE;
}
