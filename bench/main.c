// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench: the subcommand table. */
#include <stdio.h>
#include <string.h>

#include "bench/cmd/cmd.h"
#include "config.h"

static void print_commands(FILE *out)
{
	fputs("usage: vfio-bench COMMAND [OPTION...] [ARG...]\n"
	      "stress and benchmark VFIO: map, unmap, pin, notify\n\n", out);
	for (const struct vb_cmd *const *cmd = vb_cmd_list; *cmd; cmd++)
		fprintf(out, "  %-10s %s\n", (*cmd)->name, (*cmd)->summary);
	fputs("\n'vfio-bench COMMAND --help' says more; so does vfio-bench(1).\n", out);
}

static void name_commands(char *text, size_t size)
{
	size_t used = 0;

	for (const struct vb_cmd *const *cmd = vb_cmd_list; *cmd && used < size; cmd++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
					 (*cmd)->name);
}

int main(int argc, char **argv)
{
	char names[256];

	if (argc < 2) {
		print_commands(stderr);
		return VB_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_commands(stdout);
		return VB_EXIT_OK;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts(PACKAGE_STRING);
		return VB_EXIT_OK;
	}
	for (const struct vb_cmd *const *cmd = vb_cmd_list; *cmd; cmd++)
		if (!strcmp((*cmd)->name, argv[1]))
			return (*cmd)->run(*cmd, argc - 1, argv + 1);
	name_commands(names, sizeof(names));
	return vb_fail(VB_EXIT_USAGE, "'%s': no such command: valid: %s", argv[1], names);
}
