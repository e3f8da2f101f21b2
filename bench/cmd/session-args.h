/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of run and ab that say how to measure, not what. */
#ifndef VB_SESSION_ARGS_H
#define VB_SESSION_ARGS_H

#include <argp.h>
#include <stdint.h>

#include "bench/engine/session.h"

#define VB_SESSION_MAX_SET 64

enum {
	VB_OPT_SET = 0x300, VB_OPT_SEED, VB_OPT_DRY_RUN, VB_OPT_JSON, VB_OPT_NOISE_GATE,
	VB_OPT_VARIANT_DIR, VB_OPT_ACCEPT_LOSS, VB_OPT_ACKNOWLEDGE_OTHERS,
};

/* For the table of a command. */
#define VB_SESSION_OPTIONS \
	{ "device", 'd', "ADDRESS", 0, \
	  "the assigned PCIe device, bound to vfio-pci, such as 0000:41:00.0; may be given more than once: " \
	  "one for each container (containers=)", 0 }, \
	{ "output", 'o', "DIR", 0, \
	  "the result directory, which must not exist (default: vfio-bench-JOB-DATE-TIME)", 0 }, \
	{ "set", VB_OPT_SET, "KEY=VALUE", 0, \
	  "override a key of the job: KEY=VALUE in every section that takes it, or SECTION.KEY=VALUE; " \
	  "may be given more than once", 0 }, \
	{ "seed", VB_OPT_SEED, "N", 0, \
	  "repeat the layouts of a session, and the order of its runs: \"seed\" in its meta.json", 0 }, \
	{ "dry-run", VB_OPT_DRY_RUN, NULL, 0, \
	  "print which worker goes on which CPU, memory and IOVA window (ab: and the order of all " \
	  "runs), and do nothing else", 0 }, \
	{ "quiet", 'q', NULL, 0, "no progress line while it runs", 0 }, \
	{ "json", VB_OPT_JSON, NULL, 0, "print the plan (--dry-run) as JSON", 0 }, \
	{ "variant-dir", VB_OPT_VARIANT_DIR, "DIR", 0, \
	  "where built variants are (also: VFIO_BENCH_VARIANT_DIR)", 0 }, \
	{ "accept-loss", VB_OPT_ACCEPT_LOSS, NULL, 0, \
	  "run what can hang or crash the kernel outside the lab, on this machine", 0 }, \
	{ "acknowledge-others", VB_OPT_ACKNOWLEDGE_OTHERS, NULL, 0, \
	  "load variants although other programs use VFIO: their new containers get the variant", 0 }

struct vb_session_args {
	struct vb_session_options session;	/* its set points here, once begun */
	const char *set[VB_SESSION_MAX_SET];
	const char *device[VB_MAX_CONTAINERS];
	struct vb_arm arm[VB_MAX_ARMS];
	uint64_t seed;
};

void vb_session_args_init(struct vb_session_args *a);
/* One of the options above, --noise-gate, or the job; ARGP_ERR_UNKNOWN: none of them. */
error_t vb_session_args_parse(int key, char *arg, struct vb_session_args *a);
/* "--OPTION=TEXT" as a number; EINVAL: it is none from @min to @max, which has been said. */
int vb_session_args_number(const char *option, const char *text, uint64_t min, uint64_t max,
			   uint64_t *number);

#endif /* VB_SESSION_ARGS_H */
