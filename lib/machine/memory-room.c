// SPDX-License-Identifier: GPL-2.0-or-later
/* Free memory and hugepages, of a node or of the machine. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine/memory-room.h"

#define NODE_DIR "/sys/devices/system/node/node%d"
#define HUGEPAGES_DIR "/sys/kernel/mm/hugepages"

/* What the kernel takes before it looks for somebody to kill. */
static bool counts_as_free(const char *key)
{
	static const char *const keys[] = {
		"MemFree", "Active(file)", "Inactive(file)", "SReclaimable",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!strcmp(keys[i], key))
			return true;
	return false;
}

/* Lines of "[Node N ]KEY: KIB kB". */
static int free_bytes(int node, uint64_t *bytes)
{
	char path[80] = "/proc/meminfo", line[128], key[40];
	FILE *file;

	if (node >= 0)
		snprintf(path, sizeof(path), NODE_DIR "/meminfo", node);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	*bytes = 0;
	while (fgets(line, sizeof(line), file)) {
		const char *s = line;
		uint64_t kib;
		int skip = 0;

		if (sscanf(s, "Node %*d %n", &skip) == 0)
			s += skip;
		if (sscanf(s, "%39[^:]: %" SCNu64, key, &kib) == 2 && counts_as_free(key))
			*bytes += kib << 10;
	}
	fclose(file);
	return 0;
}

static int free_hugepages(int node, size_t page_bytes, uint64_t *count)
{
	char path[160];
	FILE *file;
	int n;

	if (node >= 0)
		snprintf(path, sizeof(path), NODE_DIR "/hugepages/hugepages-%zukB/free_hugepages",
			 node, page_bytes >> 10);
	else
		snprintf(path, sizeof(path), HUGEPAGES_DIR "/hugepages-%zukB/free_hugepages",
			 page_bytes >> 10);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	n = fscanf(file, "%" SCNu64, count);
	fclose(file);
	return n == 1 ? 0 : -EIO;
}

int vb_memory_free_bytes(int node, size_t page_bytes, uint64_t *bytes)
{
	int err;

	/* a kernel without NUMA shows no nodes */
	if (node == 0 && access("/sys/devices/system/node/node0", F_OK))
		node = -1;
	if (page_bytes <= (size_t)sysconf(_SC_PAGESIZE))
		return free_bytes(node, bytes);
	err = free_hugepages(node, page_bytes, bytes);
	*bytes = err ? 0 : *bytes * page_bytes;
	return err;
}

int vb_memory_room(int node, size_t page_bytes, size_t size_bytes)
{
	uint64_t have;

	if (vb_memory_free_bytes(node, page_bytes, &have))
		return 0;
	return have >= size_bytes ? 0 : -ENOMEM;
}
