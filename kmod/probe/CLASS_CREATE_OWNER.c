// SPDX-License-Identifier: GPL-2.0-only
/* up to 6.3: class_create() takes the owner */
#include <linux/device.h>
#include <linux/module.h>

struct class *probe(void);
struct class *probe(void)
{
	return class_create(THIS_MODULE, "probe");
}
