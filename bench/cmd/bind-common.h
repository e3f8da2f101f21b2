/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What bind and unbind share. */
#ifndef VB_BIND_COMMON_H
#define VB_BIND_COMMON_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/cmd/cmd.h"
#include "lib/machine/bind.h"

struct vb_bind_args {
	const struct vb_cmd *cmd;
	const char *root;		/* look below this folder; then only look */
	bool dry_run;
	bool all;
	const char **addresses;		/* nr of them, no two the same */
	size_t nr;
};

/* Keys of options without a letter. */
enum { VB_OPT_ROOT = 0x100, VB_OPT_ALL };

/* Parses, checks the addresses' form, and that it is root where it must be. */
int vb_bind_args_parse(struct vb_bind_args *args, int argc, char **argv);
void vb_bind_args_free(struct vb_bind_args *args);

/* Says why @address was not bound (or unbound), returns the exit code. */
int vb_bind_explain(const char *address, const struct vb_bind_report *report, int err);
int vb_unbind_explain(const char *address, const struct vb_bind_report *report, int err);

#endif /* VB_BIND_COMMON_H */
