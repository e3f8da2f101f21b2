/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every device driver. */
#ifndef VB_DEVICES_H
#define VB_DEVICES_H

#include "lib/device/device.h"

extern const struct vb_device_ops vb_device_edu;
extern const struct vb_device_ops vb_device_none;
extern const struct vb_device_ops vb_device_nvme;

#endif /* VB_DEVICES_H */
