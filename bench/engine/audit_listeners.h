/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Were all devices that take notifications told the same, and what was requested? */
#ifndef VB_AUDIT_LISTENERS_H
#define VB_AUDIT_LISTENERS_H

#include <stdbool.h>

#include "bench/engine/supervisor.h"

/*
 * Compare the first callbacks of the mdevs in each container.  *@callback: 0 if
 * they are alike; else the number, from 1, of the first of mdev *@mdev that is
 * not as that of its container's first mdev.  False: nothing to be compared.
 */
bool vb_audit_listeners(const struct vb_run *run, unsigned int *mdev, unsigned int *callback);
/*
 * Hold the same callbacks against the unmap requests that they were made for, as
 * far as the module knew those: the range has to lie in the request's, with @exact
 * to be it.  *@callback: 0, or as above, and *@range is that callback's.  False:
 * no request was known.
 */
bool vb_audit_ranges(const struct vb_run *run, bool exact, unsigned int *mdev,
		     unsigned int *callback, struct vb_callback_range *range);

#endif /* VB_AUDIT_LISTENERS_H */
