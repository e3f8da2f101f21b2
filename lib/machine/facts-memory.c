// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory: NUMA nodes with their distances, transparent and other huge pages. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/machine/facts-internal.h"
#include "lib/machine/sysfs.h"

#define NODE_DIR	"/sys/devices/system/node"
#define THP_DIR		"/sys/kernel/mm/transparent_hugepage"
#define HUGEPAGES_DIR	"/sys/kernel/mm/hugepages"

/* "MemTotal:" of a meminfo file, in bytes, or null. */
static json_t *total_bytes(const char *path)
{
	char text[4096];
	const char *at;
	uint64_t kib;

	if (vb_sysfs_read(path, text, sizeof(text)) < 0)
		return json_null();
	at = strstr(text, "MemTotal:");
	if (!at || sscanf(at, "MemTotal: %" SCNu64, &kib) != 1)
		return json_null();
	return json_integer((json_int_t)(kib << 10));
}

/* "10 20" -> [10, 20]: to the nodes in order of their numbers. */
static json_t *distances(const char *path)
{
	char text[4096], *s = text, *end;
	json_t *list;

	if (vb_sysfs_read(path, text, sizeof(text)) < 0)
		return json_null();
	list = json_array();
	for (long value; list; s = end) {
		value = strtol(s, &end, 10);
		if (end == s)
			break;
		if (json_array_append_new(list, json_integer(value))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static int add_node(json_t *to, const char *dir, const char *name)
{
	char path[PATH_MAX];
	json_t *node;
	int err = 0, number;

	if (sscanf(name, "node%d", &number) != 1)
		return 0;
	node = json_object();
	if (!node)
		return -1;
	err |= vb_fact_put(node, "node", json_integer(number));
	snprintf(path, sizeof(path), "%s/%s/meminfo", dir, name);
	err |= vb_fact_put(node, "memory_bytes", total_bytes(path));
	snprintf(path, sizeof(path), "%s/%s/cpulist", dir, name);
	err |= vb_fact_put(node, "cpus", vb_fact_text(path));
	snprintf(path, sizeof(path), "%s/%s/distance", dir, name);
	err |= vb_fact_put(node, "distances", distances(path));
	if (err) {
		json_decref(node);
		return -1;
	}
	return json_array_append_new(to, node);
}

static int add_hugepages(json_t *to, const char *dir, const char *name)
{
	char path[PATH_MAX];
	json_t *pool;
	int err = 0;
	uint64_t kib;

	if (sscanf(name, "hugepages-%" SCNu64 "kB", &kib) != 1)
		return 0;
	pool = json_object();
	if (!pool)
		return -1;
	err |= vb_fact_put(pool, "page_bytes", json_integer((json_int_t)(kib << 10)));
	snprintf(path, sizeof(path), "%s/%s/nr_hugepages", dir, name);
	err |= vb_fact_put(pool, "total", vb_fact_number(path));
	snprintf(path, sizeof(path), "%s/%s/free_hugepages", dir, name);
	err |= vb_fact_put(pool, "free", vb_fact_number(path));
	if (err) {
		json_decref(pool);
		return -1;
	}
	return json_array_append_new(to, pool);
}

static json_t *list_of(const char *path, int (*add)(json_t *, const char *, const char *))
{
	json_t *list = json_array();

	if (list && vb_fact_each(path, add, list)) {
		json_decref(list);
		return NULL;
	}
	return list;
}

json_t *vb_facts_memory(void)
{
	json_t *memory = json_object();
	int err = 0;

	if (!memory)
		return NULL;
	err |= vb_fact_put(memory, "total_bytes", total_bytes("/proc/meminfo"));
	err |= vb_fact_put(memory, "nodes", list_of(NODE_DIR, add_node));
	err |= vb_fact_put(memory, "thp", vb_fact_chosen(THP_DIR "/enabled"));
	err |= vb_fact_put(memory, "thp_defrag", vb_fact_chosen(THP_DIR "/defrag"));
	err |= vb_fact_put(memory, "thp_shmem", vb_fact_chosen(THP_DIR "/shmem_enabled"));
	err |= vb_fact_put(memory, "hugepages", list_of(HUGEPAGES_DIR, add_hugepages));
	err |= vb_fact_put(memory, "numa_balancing",
			   vb_fact_number("/proc/sys/kernel/numa_balancing"));
	if (err) {
		json_decref(memory);
		return NULL;
	}
	return memory;
}
