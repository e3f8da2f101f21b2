/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a plan's windows lie in IOVA space, and which worker starts first.
 *
 * layout=fixed: one behind the other from IOVA 0.  layout=random: the windows
 * in an order, and from a base, that the seed decides.  Two results of one
 * layout differ by nothing but what is compared; over many layouts no verdict
 * rests on the luck of one.
 */
#ifndef VB_LAYOUT_H
#define VB_LAYOUT_H

#include "bench/engine/plan.h"

#define VB_LAYOUT_ALIGN		(2ull << 20)	/* windows share no page table's last level */
/* Below it nothing on x86 is reserved; the MSI window begins here. */
#define VB_LAYOUT_MSI_FIRST	0xfee00000ull
#define VB_LAYOUT_MSI_END	0xff000000ull
#define VB_LAYOUT_HIGH		(4ull << 30)	/* behind all that lies below 4 GiB */
#define VB_LAYOUT_RANDOM_END	(64ull << 30)	/* random ones end here: every IOMMU has 36 bits */

/*
 * Give every window of @plan its IOVA, and fill probe_iova and start_order.
 * Windows for DMA end within what @device (or NULL) reaches.  Where there is no
 * room to choose from, a random layout is the fixed one but for the order.
 * -EINVAL with a sentence in @err.
 */
int vb_layout_make(struct vb_plan *plan, const struct vb_device *device, uint64_t seed, char *err,
		   size_t err_size);

#endif /* VB_LAYOUT_H */
