// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One soak on one device: between two of its cycles the kernel would let another
 * program have it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "bench/cmd/cmd.h"
#include "bench/soak/soak_impl.h"

int soak_lock_devices(struct soak *s)
{
	for (unsigned int i = 0; i < s->opt->nr_devices; i++) {
		char path[128];
		int fd;

		if (strchr(s->opt->device[i], '/') || strlen(s->opt->device[i]) > 64)
			return vb_fail(VB_EXIT_USAGE, "--device %.60s: give a full address, such as 0000:41:00.0",
				       s->opt->device[i]);
		snprintf(path, sizeof(path), "/run/vfio-bench-soak.%s", s->opt->device[i]);
		fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			continue;	/* not root: VFIO's own refusal has to do */
		s->device_lock[i] = fd + 1;
		if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
			return vb_fail(VB_EXIT_USAGE, "--device %s: another soak has it: end that first, or give "
				       "another device", s->opt->device[i]);
	}
	return VB_EXIT_OK;
}

void soak_unlock_devices(struct soak *s)
{
	for (unsigned int i = 0; i < VB_MAX_CONTAINERS; i++)
		if (s->device_lock[i])
			close(s->device_lock[i] - 1);
}
