// SPDX-License-Identifier: GPL-2.0-or-later
/* What a run asks of its mode, and what is said where the mode has it not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/engine/abilities.h"

static struct vb_job_run *runs;

/* The first run of a job with this mode and section. */
static const struct vb_job_run *job_with(const char *mode, const char *section)
{
	struct vb_job_error err;
	struct vb_job *job;
	char text[512];
	size_t nr;

	snprintf(text, sizeof(text), "[global]\niommu_mode=%s\nduration=1s\n[s]\n%s", mode, section);
	if (vb_job_parse("test.job", text, strlen(text), &job, &err) ||
	    vb_job_expand(job, &runs, &nr, &err))
		fail_msg("%s", err.text);
	vb_job_free(job);
	return &runs[0];
}

static void lacks(const char *mode, const char *section, const char *what)
{
	const struct vb_job_run *run = job_with(mode, section);
	char why[512] = "";
	bool bad = vb_abilities_lack(run, run->global.iommu->abilities, "this mode", why, sizeof(why));

	if (bad != (what != NULL) || (what && !strstr(why, what)))
		fail_msg("%s, %s: %s, wanted %s", mode, section, why, what ? what : "nothing");
	/* One line that names mode, workload and section. */
	if (what)
		assert_true(strstr(why, mode) && strstr(why, "of [s]") && !strchr(why, '\n'));
	free(runs);
}

static void test_lacks(void **state)
{
	lacks("vfio_type1_iommu", "workload=map_unmap\n", NULL);
	lacks("vfio_type1_iommu", "workload=map_unmap\ndevice=both\n", "has mdevs, which pin");
	lacks("iommufd_compat_type1", "workload=map_unmap\ndevice=both\n", NULL);
	lacks("iommufd", "workload=notify_span\ndevice=mdev\n", NULL);
	lacks("iommufd_compat_type1v2", "workload=dirty_track\n", "tracks dirty pages");
	lacks("iommufd", "workload=dirty_track\n", NULL);	/* the kernel is asked */
	lacks("iommufd", "workload=vaddr_update\ncount=2\n", "moves a mapping");
	lacks("vfio_type1_iommu", "workload=vaddr_update\ncount=2\n", NULL);
	lacks("iommufd", "workload=entry_limit\ncount=2\n", "limit of mappings");
	lacks("iommufd", "workload=memlock_edge\n", "charged");
	lacks("iommufd", "workload=map_cycle\nbacking=bar\nprefault=none\n", "maps a device's registers");
	lacks("vfio_type1v2_iommu", "workload=iommufd_copy\n", "copies mappings");
	lacks("vfio_type1v2_iommu", "workload=iommufd_map_file\nbacking=memfd\n", "maps a file");
	lacks("iommufd", "workload=iommufd_map_file\nbacking=memfd_hugetlb_2mb\nsize=2m\n", NULL);
	lacks("null", "workload=unmap_all\n", "unmaps everything");
}

/* What the mode has, the kernel may lack. */
static void test_kernel(void **state)
{
	const struct vb_job_run *run = job_with("vfio_type1v2_iommu", "workload=unmap_all\ndevice=both\n");
	char why[512];

	assert_int_equal(vb_abilities_needed(run), VB_CAN_UNMAP_ALL | VB_CAN_PIN);
	assert_false(vb_abilities_lack(run, VB_CAN_UNMAP_ALL | VB_CAN_PIN, "this kernel", why, sizeof(why)));
	assert_true(vb_abilities_lack(run, VB_CAN_PIN, "this kernel", why, sizeof(why)));
	assert_non_null(strstr(why, "unmaps everything at once, which this kernel can't"));
	free(runs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lacks),
		cmocka_unit_test(test_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
