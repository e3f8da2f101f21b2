// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_bench: an mdev vendor driver without hardware, which pins, unpins and
 * is notified of unmaps, and measures all three.  See uapi/vfio_bench.h.
 */
#include <linux/module.h>
#include <linux/stringify.h>

#include "internal.h"

static int __init vb_init(void)
{
	return vb_host_init();
}

static void __exit vb_exit(void)
{
	vb_host_exit();
}

module_init(vb_init);
module_exit(vb_exit);

MODULE_DESCRIPTION("VFIO pin, unpin and unmap notification benchmark");
MODULE_AUTHOR("The vfio-bench authors");
MODULE_VERSION(__stringify(VB_ABI_VERSION));	/* and with it a srcversion */
MODULE_LICENSE("GPL");
