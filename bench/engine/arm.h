/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An arm of a comparison as the command line gives it: NAME=VARIANT[,SETTING...]. */
#ifndef VB_ARM_H
#define VB_ARM_H

#include <stddef.h>

#include "lib/machine/variant.h"

#define VB_MAX_ARMS		16
#define VB_ARM_NAME_MAX		40	/* with its NUL; a part of a folder's name */
#define VB_ARM_SETTINGS		32
#define VB_ARM_SETTING_MAX	192	/* bytes of one, with its NUL: a line of a job file */
#define VB_ARM_PARAMS_MAX	256

struct vb_arm {
	char name[VB_ARM_NAME_MAX > VB_VARIANT_NAME_MAX ? VB_ARM_NAME_MAX : VB_VARIANT_NAME_MAX];
	char variant[VB_VARIANT_NAME_MAX];	/* "stock" and "null" too */
	unsigned int nr_settings;		/* of the job, "count=64" or "span.count=64" */
	char setting[VB_ARM_SETTINGS][VB_ARM_SETTING_MAX];
	char params[VB_ARM_PARAMS_MAX];		/* of the module: "NAME=VALUE NAME=VALUE" */
};

/*
 * Parse @text.  A piece without '=' goes on with the list before it, as in
 * "A=stock,count=64,256".  -EINVAL: @err says what is wrong and what to do.
 */
int vb_arm_parse(const char *text, struct vb_arm *arm, char *err, size_t size);
/* May @name be an arm's?  Letters, digits, '.', '_', '+', '-'; the first a letter or digit. */
int vb_arm_check_name(const char *name, char *err, size_t size);

#endif /* VB_ARM_H */
