// SPDX-License-Identifier: GPL-2.0-or-later
/* Any device: it sits in the container and gives it an IOMMU domain. */
#include "lib/device/devices.h"

static int none_open(struct vb_device *dev)
{
	return 0;
}

static void none_close(struct vb_device *dev)
{
}

const struct vb_device_ops vb_device_none = {
	.name = "none",
	.summary = "any PCI device: mapped for, never told to do DMA",
	.open = none_open,
	.close = none_close,
};
