// SPDX-License-Identifier: GPL-2.0-or-later
/* argp for subcommands: usage errors are ours to count (exit 1, argp says 64). */
#include <stdio.h>
#include <stdlib.h>

#include "bench/cmd/cmd.h"

int vb_cmd_parse(const struct vb_cmd *cmd, argp_parser_t parser, int argc, char **argv,
		 void *input)
{
	struct argp argp = {
		.options = cmd->options,
		.parser = parser,
		.args_doc = cmd->args_doc,
		.doc = cmd->doc,
	};
	char name[64];

	snprintf(name, sizeof(name), "vfio-bench %s", cmd->name);
	argv[0] = name;	/* lives as long as the parse */
	argp_err_exit_status = VB_EXIT_USAGE;
	return argp_parse(&argp, argc, argv, 0, NULL, input) ? VB_EXIT_USAGE : VB_EXIT_OK;
}
