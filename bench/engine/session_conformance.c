// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs that ask what the kernel promises: what is expected of it. */
#include <errno.h>
#include <sys/utsname.h>

#include "bench/cmd/cmd.h"
#include "bench/engine/conformance.h"
#include "bench/engine/paths.h"
#include "bench/engine/session_impl.h"
#include "bench/engine/supervisor.h"

static const struct vb_promise *const *asked(const struct session *s)
{
	for (unsigned int a = 0; a < s->nr_arms; a++)
		for (size_t i = 0; i < s->nr_cells; i++)
			if (vb_plan_promises(s->arm[a].plans[i]))
				return vb_plan_promises(s->arm[a].plans[i]);
	return NULL;
}

int session_conformance_read(struct session *s)
{
	const struct vb_promise *const *list = asked(s);
	char err[VB_CONFORMANCE_ERROR];

	if (!list)
		return VB_EXIT_OK;
	return vb_conformance_read(vb_path_conformance(), list, &s->conformance, err, sizeof(err)) ?
	       vb_fail(VB_EXIT_USAGE, "%s", err) : VB_EXIT_OK;
}

/* VFIO's modules, whose functions are asked for, are loaded by now. */
void session_conformance_look(struct session *s, struct vb_run *run)
{
	static struct utsname name;

	if (!vb_plan_promises(run->plan))
		return;
	if (uname(&name))
		run->here_error = -errno;
	else if (!s->looked)
		run->here_error = vb_conformance_look(s->conformance, "/proc/kallsyms");
	s->looked = !run->here_error;
	run->here = (struct vb_conformance_here){ run->plan->run->global.iommu->name, name.release };
	run->conformance = s->conformance;
}
