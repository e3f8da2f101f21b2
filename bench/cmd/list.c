// SPDX-License-Identifier: GPL-2.0-or-later
/* The subcommands' list. */
#include <stddef.h>

#include "bench/cmd/cmds.h"

const struct vb_cmd *const vb_cmd_list[] = {
	&vb_cmd_ab,
	&vb_cmd_bind,
	&vb_cmd_compare,
	&vb_cmd_doctor,
	&vb_cmd_list_cmd,
	&vb_cmd_report,
	&vb_cmd_restore,
	&vb_cmd_run,
	&vb_cmd_samples,
	&vb_cmd_soak,
	&vb_cmd_unbind,
	&vb_cmd_variant,
	NULL
};
