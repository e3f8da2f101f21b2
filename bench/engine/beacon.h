/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run is at, for the program that started it (a soak): a page that the two
 * share, whose descriptor's number stands in the environment.  Who starts a run
 * without one is told nothing.
 */
#ifndef VB_BEACON_H
#define VB_BEACON_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#define VB_BEACON_ENV "VFIO_BENCH_BEACON"

struct vb_beacon {
	_Atomic pid_t holder;		/* the process that holds the container; 0: none now */
	_Atomic int phase;		/* enum vb_phase of the run that is on, at most 0.1 s old */
	_Atomic uint32_t runs;		/* begun so far */
	_Atomic uint64_t steps;		/* of all workers of the run that is on, warm-up included */
};

/*
 * For who starts a run: memory to read, and in *fd what the run needs as an open
 * descriptor (close-on-exec; both the caller's).  NULL: no memory or descriptor.
 */
struct vb_beacon *vb_beacon_make(int *fd);
void vb_beacon_free(struct vb_beacon *beacon);
/* In the run: take over what the environment names, if it does, and forget its name. */
void vb_beacon_take(void);
/* No holder, no phase, where nobody listens: does nothing. */
void vb_beacon_tell(pid_t holder, int phase, uint64_t steps);
void vb_beacon_next_run(void);

#endif /* VB_BEACON_H */
