// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pin-toggle: pins and unpins pages of its own without end, as somebody else on
 * the machine would, so that counts of the kernel's pins are off for others.
 */
#include <liburing.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 7

int main(void)
{
	struct io_uring ring;
	struct iovec iov = { .iov_len = PAGES * 4096 };

	iov.iov_base = mmap(NULL, iov.iov_len, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (iov.iov_base == MAP_FAILED || io_uring_queue_init(2, &ring, 0))
		return EXIT_FAILURE;
	for (;;) {
		if (io_uring_register_buffers(&ring, &iov, 1))
			return EXIT_FAILURE;
		usleep(3000);
		io_uring_unregister_buffers(&ring);
		usleep(2000);
	}
}
