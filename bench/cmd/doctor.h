/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What doctor looks at. */
#ifndef VB_DOCTOR_H
#define VB_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/machine/noise.h"

enum vb_health {
	VB_HEALTH_OK,
	VB_HEALTH_WARNING,	/* works, with something lacking */
	VB_HEALTH_MISSING,
};

struct vb_finding {
	enum vb_health health;
	char text[256];		/* what is there, or is not */
	char mend[256];		/* the command that mends it; "": nothing to mend */
};

struct vb_check {
	const char *name;
	bool required;		/* VFIO can't work without it */
	void (*look)(struct vb_finding *finding);
};

extern const struct vb_check vb_doctor_checks[];
extern const size_t vb_doctor_nr_checks;

/* For the checks: set all of a finding; mend may be NULL. */
void vb_found(struct vb_finding *finding, enum vb_health health, const char *mend,
	      const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Names of the entries of a folder below the root prefix, "a b c"; how many. */
size_t vb_list_folder(const char *path, char *names, size_t size);

void vb_look_iommu(struct vb_finding *finding);
void vb_look_groups(struct vb_finding *finding);
void vb_look_remapping(struct vb_finding *finding);
void vb_look_vfio(struct vb_finding *finding);
void vb_look_type1(struct vb_finding *finding);
void vb_look_vfio_pci(struct vb_finding *finding);
void vb_look_dev_vfio(struct vb_finding *finding);
void vb_look_devices(struct vb_finding *finding);
void vb_look_mdev(struct vb_finding *finding);
void vb_look_companion(struct vb_finding *finding);
void vb_look_signing(struct vb_finding *finding);
void vb_look_headers(struct vb_finding *finding);
void vb_look_root(struct vb_finding *finding);
void vb_look_memlock(struct vb_finding *finding);
void vb_look_hugepages(struct vb_finding *finding);
void vb_look_nodes(struct vb_finding *finding);
void vb_look_io_uring(struct vb_finding *finding);
void vb_look_gnuplot(struct vb_finding *finding);
void vb_look_lab(struct vb_finding *finding);

/*
 * The settings and, for a second, the events that make times vary (see noise.h),
 * as one worker on each core would meet them.  How many cores there are.
 */
size_t vb_look_timing(struct vb_noise *noise);
void vb_print_timing(const struct vb_noise *noise, size_t nr_cpus);

#endif /* VB_DOCTOR_H */
