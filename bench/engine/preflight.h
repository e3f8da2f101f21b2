/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must be true before a run touches anything. */
#ifndef VB_PREFLIGHT_H
#define VB_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/engine/plan.h"
#include "lib/machine/variant.h"

/* May run here?  @err gets what is wrong, where, and what to do. */
struct vb_preflight {
	const struct vb_plan *plan;
	const struct vb_variant *variant;	/* NULL: null backend */
	const struct vb_device *device;		/* probed, or NULL */
	bool in_lab;
	bool accept_loss;
};

/*
 * 0; else *err says what is wrong: -ENODEV: this machine, as it is set up, can't
 * run it (no IOMMU, no mdev support); another -errno: what was asked for is.
 */
int vb_preflight_check(const struct vb_preflight *p, char *err, size_t size);
/*
 * Probe @address and try its group: bound to vfio-pci, free, viable.  The
 * group is closed again.  -ENXIO: no IOMMU; another -errno: not this device.
 */
int vb_preflight_device(struct vb_device *device, const char *address, char *err, size_t size);
/* May @variant be loaded: built, root, no other one loaded, VFIO not in use by others. */
int vb_preflight_variant(const struct vb_variant *variant, bool acknowledge_others, char *err,
			 size_t size);
/* Does @plan need the guard on @variant?  *reason: static text. */
bool vb_guard_needed(const struct vb_plan *plan, const struct vb_variant *variant,
		     const char **reason);

/* CAP_IPC_LOCK: locked memory isn't limited for those who may lock any. */
bool vb_may_lock_any(void);
/*
 * Which of @ops' abilities this kernel has for a container with @device in it, which is
 * free: one is opened and closed again.  0: *can is told; -errno: it could not be asked,
 * for the reason that a run will meet, too.
 */
int vb_preflight_abilities(const struct vb_iommu_ops *ops, const struct vb_device *device,
			   unsigned int *can);

/*
 * Has the machine less memory, huge pages or BAR than @plan's windows need?  Then
 * a sentence in @why: what is needed, what there is, what to do.
 */
bool vb_preflight_lacks_room(const struct vb_plan *plan, const struct vb_device *device, char *why,
			     size_t size);

#endif /* VB_PREFLIGHT_H */
