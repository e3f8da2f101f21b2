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

#define LEAST 16

struct data {
	struct vb_fault_mark mark;
	uint64_t limit, before;
	struct vb_variant variant;
	char path[256];			/* of stock's parameter, "": not changed */
	bool loaded;			/* the variant, by us */
};

static int limit_stock(struct vb_fault *f, struct data *d)
{
	char path[256], text[32];
	int ret;

	snprintf(path, sizeof(path), "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit");
	ret = vb_sysfs_read_u64(path, &d->before);
	if (ret)
		return vb_fault_say(f, -ENOTSUP, "%s: %s", path, strerror(-ret));
	snprintf(text, sizeof(text), "%llu", (unsigned long long)d->limit);
	ret = vb_fault_write(path, text);
	if (ret)
		return vb_fault_say(f, ret, "%s: %s", path, strerror(-ret));
	strcpy(d->path, path);
	return 0;
}

/* The run takes a variant that is loaded as it is. */
static int limit_variant(struct vb_fault *f, struct data *d)
{
	int ret = vb_variant_find(f->variant, vb_path_manifest_dir(), vb_path_variant_dir(),
				  &d->variant);

	if (ret)
		return vb_fault_say(f, ret, "variant %s: %s", f->variant, strerror(-ret));
	snprintf(d->variant.params, sizeof(d->variant.params), "dma_entry_limit=%llu",
		 (unsigned long long)d->limit);
	ret = vb_variant_load(&d->variant);
	if (ret)
		return vb_fault_say(f, ret, "loading %s: %s", f->variant, strerror(-ret));
	d->loaded = true;
	return 0;
}

static int prepare(struct vb_fault *f)
{
	int ret = vb_fault_mark_data(f, sizeof(struct data));
	struct data *d = f->data;

	if (ret)
		return ret;
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
	char text[32];

	if (!d)
		return;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)d->before);
	if (*d->path)
		vb_fault_write(d->path, text);
	if (!d->loaded)
		return;
	for (int i = 0; i < 500 && vb_variant_unload(&d->variant) == -EBUSY; i++)
		vb_fault_sleep_ns(20000000);
}

const struct vb_fault_ops vb_fault_entry_limit = {
	.name = "entry-limit",
	.description = "dma_entry_limit is met: ENOSPC, earlier mappings are intact",
	.needs = VB_FAULT_NEEDS_JOB | VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_DEVICE,
	.statuses = 1 << 0,
	.job = "entry-limit",
	.expected_audit = (const char *const []) { NULL },
	.prepare = prepare,
	.judge = judge,
	.undo = undo,
};
