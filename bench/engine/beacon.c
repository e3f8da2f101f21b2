// SPDX-License-Identifier: GPL-2.0-or-later
/* The page by which a run tells its starter what it is at. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/engine/beacon.h"

static struct vb_beacon *beacon;	/* of this process's starter, NULL: none asked */

struct vb_beacon *vb_beacon_make(int *fd)
{
	void *page = MAP_FAILED;

	*fd = memfd_create("vfio-bench-beacon", MFD_CLOEXEC);
	if (*fd < 0)
		return NULL;
	if (!ftruncate(*fd, sizeof(struct vb_beacon)))
		page = mmap(NULL, sizeof(struct vb_beacon), PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (page != MAP_FAILED)
		return page;
	close(*fd);
	*fd = -1;
	return NULL;
}

void vb_beacon_free(struct vb_beacon *b)
{
	if (b)
		munmap(b, sizeof(*b));
}

void vb_beacon_take(void)
{
	const char *text = getenv(VB_BEACON_ENV);
	struct stat st;
	void *page;
	char *end;
	long fd;

	if (!text)
		return;
	errno = 0;
	fd = strtol(text, &end, 10);
	if (!errno && end != text && !*end && fd > STDERR_FILENO && !fstat((int)fd, &st) &&
	    st.st_size == sizeof(*beacon)) {
		page = mmap(NULL, sizeof(*beacon), PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
		beacon = page == MAP_FAILED ? NULL : page;
		close((int)fd);
	}
	unsetenv(VB_BEACON_ENV);
}

void vb_beacon_tell(pid_t holder, int phase, uint64_t steps)
{
	if (!beacon)
		return;
	atomic_store(&beacon->phase, phase);
	atomic_store(&beacon->steps, steps);
	atomic_store(&beacon->holder, holder);
}

void vb_beacon_next_run(void)
{
	if (beacon)
		atomic_fetch_add(&beacon->runs, 1);
}
