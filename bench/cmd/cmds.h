/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every subcommand's struct. */
#ifndef VB_CMDS_H
#define VB_CMDS_H

#include "bench/cmd/cmd.h"

extern const struct vb_cmd vb_cmd_ab;
extern const struct vb_cmd vb_cmd_bind;
extern const struct vb_cmd vb_cmd_compare;
extern const struct vb_cmd vb_cmd_doctor;
extern const struct vb_cmd vb_cmd_list_cmd;
extern const struct vb_cmd vb_cmd_report;
extern const struct vb_cmd vb_cmd_restore;
extern const struct vb_cmd vb_cmd_run;
extern const struct vb_cmd vb_cmd_samples;
extern const struct vb_cmd vb_cmd_soak;
extern const struct vb_cmd vb_cmd_unbind;
extern const struct vb_cmd vb_cmd_variant;

#endif /* VB_CMDS_H */
