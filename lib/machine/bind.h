/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Take a PCI device from its driver for VFIO, and give it back as it was. */
#ifndef VB_BIND_H
#define VB_BIND_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/machine/bind-state.h"
#include "lib/machine/inuse.h"
#include "lib/machine/journal.h"

#define VB_BIND_DRIVER "vfio-pci"

enum vb_bind_step {
	VB_BIND_CHECK,		/* address, group, in use: nothing was touched */
	VB_BIND_MODULE,		/* vfio-pci's module did not load */
	VB_BIND_STATE,		/* the journal in VB_STATE_DIR */
	VB_BIND_OVERRIDE,	/* writing driver_override */
	VB_BIND_UNBIND,		/* taking it from its driver */
	VB_BIND_PROBE,		/* giving it to the new driver */
};

struct vb_bind_report {
	enum vb_bind_step step;		/* where it failed, when it did */
	int group;			/* IOMMU group, -1: none */
	char driver[VB_DRIVER_NAME_SIZE]; /* bound before the call, "": none */
	bool already;			/* nothing was to be done */
	struct vb_inuse inuse;		/* kind is set: in use, -EBUSY */
	struct vb_bind_saved saved;	/* unbind: what it goes, or went, back to */
	int rollback_err;		/* not 0: it is not as before; what was saved is kept */
	char entry[VB_JOURNAL_ID_SIZE];	/* bind: open in the journal until vb_bind_keep() */
};

/*
 * Could vb_bind() take @address (with the @nr addresses of @together, which
 * may include it)?  Reads only.  -EINVAL, -ENODEV, -ENXIO (in no IOMMU group),
 * -EBUSY (report->inuse says why).
 */
int vb_bind_check(const char *address, const char *const *together, size_t nr,
		  struct vb_bind_report *report);
/*
 * Bind it to vfio-pci, by driver_override (never new_id, which would take other
 * devices with the same ids too).  Saves what was before in the journal, checks
 * again immediately before it unbinds, and on failure puts everything back.
 * A device that is bound to vfio-pci already is left as it is.  Root only.
 * Until vb_bind_keep(), vb_restore() takes the binding back once the caller is
 * gone; vb_unbind() does so at any time.
 */
int vb_bind(const char *address, const char *const *together, size_t nr,
	    struct vb_bind_report *report);
/* The binding shall outlive its maker.  0 or -errno of the journal. */
int vb_bind_keep(struct vb_bind_report *report);
/*
 * Could vb_unbind() give it back?  Reads only.  -ENOENT: at vfio-pci, but not by
 * vb_bind(); -EBUSY: a program has it open.  A device that is not at vfio-pci
 * and has no journal is fine as it is: report->already.
 */
int vb_unbind_check(const char *address, struct vb_bind_report *report);
/*
 * Put driver and driver_override of before vb_bind() back.  A device that
 * somebody has given to another driver since keeps that one.  -ENODEV: it is
 * gone, and forgotten.  After another failure the journal is kept: try again.
 */
int vb_unbind(const char *address, struct vb_bind_report *report);
/* All that vb_bind() took and vb_unbind() has not given back; free(*list). */
int vb_bind_list(char (**list)[VB_PCI_ADDRESS_SIZE], size_t *count);

#endif /* VB_BIND_H */
