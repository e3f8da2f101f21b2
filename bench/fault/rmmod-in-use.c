// SPDX-License-Identifier: GPL-2.0-or-later
/* rmmod-in-use: the modules that a run works with are asked to go; they stay, the run goes on. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/engine/job.h"
#include "bench/fault/fault.h"
#include "lib/machine/module.h"
#include "lib/machine/variant.h"

/*
 * What every run with an mdev holds; only those that are modules here, and loaded.  Not
 * vfio-pci: a device that is bound to it, and not open, does not keep it.
 */
static const char *const modules[] = { "vfio_bench", "vfio", "mdev", NULL };

static int ask(struct vb_fault *f, const char *name)
{
	if (vb_module_state(name) != VB_MODULE_LOADED)
		return 0;
	if (!syscall(SYS_delete_module, name, O_NONBLOCK))
		return vb_fault_say(f, -EPROTO, "%s went while a run used it", name);
	if (errno != EWOULDBLOCK && errno != EBUSY)
		return vb_fault_say(f, -errno, "%s: refused with %s, not as in use", name, strerror(errno));
	return 0;
}

/* The module that serves the run's container, in @name; "": none that is known by name does. */
static int find_serving(struct vb_fault *f, char name[80])
{
	struct vb_job_error err;
	struct vb_global global;
	struct vb_job *job;
	char loaded[1][80];
	int ret = vb_job_read(f->job, &job, &err);

	*name = '\0';
	if (ret)
		return vb_fault_say(f, ret, "%s", err.text);
	vb_job_global(job, &global);
	vb_job_free(job);
	if (!strncmp(global.iommu->name, "iommufd", 7))
		strcpy(name, "iommufd");
	else if (!strncmp(global.iommu->name, "vfio_type1", 10))
		/* The one that was loaded last serves; stock's, beside a variant, serves nobody. */
		snprintf(name, 80, "%s", vb_variant_loaded(loaded, 1) ? loaded[0] : "vfio_iommu_type1");
	return 0;
}

static int inject(struct vb_fault *f)
{
	char serving[80];
	int ret = find_serving(f, serving);

	for (const char *const *name = modules; *name && !ret; name++)
		ret = ask(f, *name);
	return ret || !*serving ? ret : ask(f, serving);
}

const struct vb_fault_ops vb_fault_rmmod_in_use = {
	.name = "rmmod-in-use",
	.description = "modules that a run works with are asked to go: refused, the run goes on",
	.needs = VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_MDEV,
	.statuses = 1 << 0,
	.job = "smoke",
	.expected_audit = (const char *const []) { NULL },
	.inject = inject,
};
