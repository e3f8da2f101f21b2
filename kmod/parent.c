// SPDX-License-Identifier: GPL-2.0-only
/* vfio_bench: the device that mdevs have for a parent, without hardware like them. */
#include "internal.h"

static struct class *vb_class;

struct device *vb_parent_create(void)
{
	struct device *parent;

	vb_class = vb_compat_class_create("vfio_bench");
	if (IS_ERR(vb_class))
		return ERR_CAST(vb_class);
	parent = device_create(vb_class, NULL, MKDEV(0, 0), NULL, "vfio_bench");
	if (IS_ERR(parent))
		class_destroy(vb_class);
	return parent;
}

void vb_parent_destroy(struct device *parent)
{
	device_unregister(parent);
	class_destroy(vb_class);
}
