// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * entry-limit: containers that take few mappings (dma_entry_limit).  The workload maps to the
 * limit and once more, and looks whether what was mapped before is as it was.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/engine/paths.h"
#include "bench/fault/common/common.h"
#include "lib/machine/sysfs.h"
#include "lib/machine/variant.h"
#include "lib/machine/vfio-users.h"

#define LEAST		16
#define STOCK_LIMIT	"/sys/module/vfio_iommu_type1/parameters/dma_entry_limit"

struct data {
	struct vb_fault_mark mark;
	uint64_t limit;
	struct vb_fault_setting stock;	/* its parameter */
	struct vb_variant variant;
	char entry[VB_JOURNAL_ID_SIZE];	/* of the variant */
	bool loaded;			/* it, by us */
};

static int limit_stock(struct vb_fault *f, struct data *d)
{
	char text[32];
	int ret;

	if (!vb_sysfs_exists(STOCK_LIMIT))
		return vb_fault_say(f, -ENOTSUP, STOCK_LIMIT ": not there");
	snprintf(text, sizeof(text), "%llu", (unsigned long long)d->limit);
	ret = vb_fault_change(&d->stock, STOCK_LIMIT, text);
	return ret ? vb_fault_say(f, ret, STOCK_LIMIT ": %s", strerror(-ret)) : 0;
}

/* The run takes a variant that is loaded as it is. */
static int limit_variant(struct vb_fault *f, struct data *d)
{
	int ret = vb_variant_find(f->variant, vb_path_manifest_dir(),
				  f->variant_dir ? f->variant_dir : vb_path_variant_dir(), &d->variant);

	if (ret)
		return vb_fault_say(f, ret, "variant %s: %s", f->variant, strerror(-ret));
	snprintf(d->variant.params, sizeof(d->variant.params), "dma_entry_limit=%llu",
		 (unsigned long long)d->limit);
	ret = vb_journal_begin(VB_JOURNAL_VARIANT, d->variant.module, NULL, d->entry);
	if (ret)
		return vb_fault_say(f, ret, "variant %s can't be noted: %s", f->variant, strerror(-ret));
	ret = vb_variant_load(&d->variant);
	if (ret) {
		vb_journal_end(d->entry);
		return vb_fault_say(f, ret, "loading %s: %s", f->variant, strerror(-ret));
	}
	d->loaded = true;
	return 0;
}

static int prepare(struct vb_fault *f)
{
	int ret = vb_fault_mark_data(f, sizeof(struct data));
	struct data *d = f->data;
	char others[200];

	if (ret)
		return ret;
	if (vb_vfio_in_use(others, sizeof(others)))
		return vb_fault_say(f, -ENOTSUP, "VFIO is in use by %s, whose new containers would have the "
				    "limit, too", others);
	d->limit = LEAST + vb_fault_random(f, 2000);
	if (!f->variant || !*f->variant || !strcmp(f->variant, "stock"))
		return limit_stock(f, d);
	return limit_variant(f, d);
}

static int judge(struct vb_fault *f)
{
	struct data *d = f->data;
	int ret = vb_fault_check_count(f, "maps_refused", 1);

	/* The workload tells what it was told: it has to be what was set. */
	if (!ret)
		ret = vb_fault_check_count_is(f, "limit", d->limit);
	if (!ret)
		ret = vb_fault_check_audit(f, "verified", "ok", " 0 wrong");
	if (d->loaded)
		d->mark.variants++;	/* stays until undo() */
	if (!ret)
		ret = vb_fault_check_settled(f);
	return ret ? ret : vb_fault_check_device(f);
}

static void undo(struct vb_fault *f)
{
	struct data *d = f->data;
	int ret = -EBUSY;

	if (!d)
		return;
	vb_fault_put_back(&d->stock);
	for (int i = 0; d->loaded && i < 500 && ret == -EBUSY; i++) {
		ret = vb_variant_unload(&d->variant);
		if (ret == -EBUSY)
			vb_fault_sleep_ns(20000000);
	}
	if (!ret)
		vb_journal_end(d->entry);
}

const struct vb_fault_ops vb_fault_entry_limit = {
	.name = "entry-limit",
	.description = "dma_entry_limit is met: ENOSPC, earlier mappings are intact",
	.needs = VB_FAULT_NEEDS_JOB | VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_DEVICE | VB_FAULT_NEEDS_LAB,
	.statuses = 1 << 0,
	.job = "entry-limit",
	.expected_audit = (const char *const []) { NULL },
	.prepare = prepare,
	.judge = judge,
	.undo = undo,
};
