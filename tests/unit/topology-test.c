// SPDX-License-Identifier: GPL-2.0-or-later
/* Trees of other machines through hwloc's own environment, and this machine's. */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/machine/topology.h"

static struct vb_topology *load_synthetic(const char *description)
{
	struct vb_topology *topology = NULL;

	setenv("HWLOC_SYNTHETIC", description, 1);
	assert_int_equal(vb_topology_load(&topology), 0);
	unsetenv("HWLOC_SYNTHETIC");
	return topology;
}

static struct vb_topology *load_xml(const char *name)
{
	struct vb_topology *topology = NULL;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/tests/unit/topology/%s.xml", VB_SRCDIR, name);
	setenv("HWLOC_XMLFILE", path, 1);
	assert_int_equal(vb_topology_load(&topology), 0);
	unsetenv("HWLOC_XMLFILE");
	return topology;
}

static void check_node(const struct vb_topology *topology, int os_index, unsigned int nr_cpus,
		       const int *cpus, unsigned long long memory_bytes)
{
	const struct vb_node *node = vb_topology_find(topology, os_index);

	assert_non_null(node);
	assert_int_equal(node->os_index, os_index);
	assert_int_equal(node->nr_cpus, nr_cpus);
	for (unsigned int i = 0; i < nr_cpus; i++) {
		assert_int_equal(node->cpus[i], cpus[i]);
		assert_int_equal(vb_topology_node_of_cpu(topology, cpus[i]), os_index);
	}
	assert_true(node->memory_bytes == memory_bytes);
}

#define GIB (1ull << 30)

static const int first_cpus[] = { 0, 1, 2, 3 }, second_cpus[] = { 4, 5, 6, 7 };

/* CPUs 0 and 1 are the first threads of two cores, 2 and 3 the second ones. */
static void test_two_nodes(void **state)
{
	struct vb_topology *t = load_xml("two-nodes");

	assert_int_equal(vb_topology_nr_nodes(t), 2);
	assert_int_equal(vb_topology_nr_cpus(t), 8);
	check_node(t, 0, 4, first_cpus, 2 * GIB);
	check_node(t, 1, 4, second_cpus, GIB);
	assert_ptr_equal(vb_topology_node(t, 1), vb_topology_find(t, 1));
	assert_null(vb_topology_node(t, 2));
	assert_null(vb_topology_find(t, 2));
	assert_null(vb_topology_find(t, -1));
	assert_int_equal(vb_topology_node_of_cpu(t, 8), -1);
	assert_int_equal(vb_topology_node_of_cpu(t, -1), -1);
	vb_topology_free(t);
}

/* One thread of each core before any second one, however they are numbered. */
static void test_smt_order(void **state)
{
	static const int first[] = { 0, 2, 4, 1, 3, 5 }, second[] = { 6, 8, 10, 7, 9, 11 };
	struct vb_topology *t = load_synthetic("pack:2 [numa(memory=1GB)] core:3 pu:2");

	check_node(t, 0, 6, first, 1000000000);
	check_node(t, 1, 6, second, 1000000000);
	vb_topology_free(t);
}

static void test_no_memory(void **state)
{
	struct vb_topology *t = load_xml("no-memory");

	assert_int_equal(vb_topology_nr_nodes(t), 2);
	check_node(t, 0, 4, first_cpus, 2 * GIB);
	check_node(t, 1, 4, second_cpus, 0);
	vb_topology_free(t);
}

static void test_no_cpus(void **state)
{
	struct vb_topology *t = load_xml("no-cpus");

	assert_int_equal(vb_topology_nr_nodes(t), 3);
	assert_int_equal(vb_topology_nr_cpus(t), 8);
	check_node(t, 0, 4, first_cpus, 2 * GIB);
	check_node(t, 1, 4, second_cpus, GIB);
	check_node(t, 2, 0, NULL, 4 * GIB);
	vb_topology_free(t);
}

/* Memory that hwloc calls local to all CPUs has none of its own. */
static void test_shared_memory_node(void **state)
{
	static const int first[] = { 0, 1 }, second[] = { 2, 3 };
	struct vb_topology *t =
		load_synthetic("[numa(memory=4GB)] pack:2 [numa(memory=1GB)] core:2 pu:1");

	assert_int_equal(vb_topology_nr_nodes(t), 3);
	assert_int_equal(vb_topology_nr_cpus(t), 4);
	check_node(t, 0, 2, first, 1000000000);
	check_node(t, 1, 2, second, 1000000000);
	check_node(t, 2, 0, NULL, 4000000000ull);
	vb_topology_free(t);
}

static void test_pci(void **state)
{
	struct vb_topology *t = load_xml("two-nodes");

	/* edu, of a class that hwloc leaves out unless asked */
	assert_int_equal(vb_topology_node_of_pci(t, "0000:81:00.0"), 1);
	/* below no node in particular */
	assert_int_equal(vb_topology_node_of_pci(t, "0000:00:04.0"), -1);
	assert_int_equal(vb_topology_node_of_pci(t, "0000:99:00.0"), -1);
	assert_int_equal(vb_topology_node_of_pci(t, "nonsense"), -1);
	assert_int_equal(vb_topology_node_of_pci(t, ""), -1);
	vb_topology_free(t);
}

static void test_export(void **state)
{
	char dir[] = "/tmp/vfio-bench-topology-XXXXXX", path[64], link[64];
	struct vb_topology *t = load_xml("no-memory"), *again = NULL;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/t.xml", dir);
	snprintf(link, sizeof(link), "%s/link.xml", dir);
	assert_int_equal(vb_topology_export(t, path), 0);
	assert_int_equal(vb_topology_export(t, path), -EEXIST);
	assert_int_equal(symlink("elsewhere.xml", link), 0);
	assert_int_equal(vb_topology_export(t, link), -EEXIST);
	assert_int_equal(vb_topology_export(t, "/nonexistent/t.xml"), -ENOENT);
	vb_topology_free(t);
	setenv("HWLOC_XMLFILE", path, 1);
	assert_int_equal(vb_topology_load(&again), 0);
	unsetenv("HWLOC_XMLFILE");
	check_node(again, 1, 4, second_cpus, 0);
	vb_topology_free(again);
	unlink(path);
	unlink(link);
	rmdir(dir);
}

static void test_this_machine(void **state)
{
	struct vb_topology *t;
	unsigned int cpus = 0;
	cpu_set_t allowed;

	assert_int_equal(vb_topology_load(&t), 0);
	assert_true(vb_topology_nr_nodes(t) >= 1);
	assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	assert_int_equal(vb_topology_nr_cpus(t), CPU_COUNT(&allowed));
	for (size_t i = 0; i < vb_topology_nr_nodes(t); i++) {
		const struct vb_node *node = vb_topology_node(t, i);

		cpus += node->nr_cpus;
		for (unsigned int j = 0; j < node->nr_cpus; j++)
			assert_true(CPU_ISSET(node->cpus[j], &allowed));
	}
	assert_int_equal(cpus, vb_topology_nr_cpus(t));
	vb_topology_free(t);
}

static void test_bind(void **state)
{
	struct vb_topology *t;
	cpu_set_t old;

	assert_int_equal(sched_getaffinity(0, sizeof(old), &old), 0);
	assert_int_equal(vb_topology_load(&t), 0);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &old))
			continue;
		assert_int_equal(vb_topology_bind_thread(t, cpu), 0);
		assert_int_equal(vb_current_cpu(), cpu);
	}
	assert_true(vb_topology_bind_thread(t, -1) < 0);
	assert_true(vb_topology_bind_thread(t, 100000) < 0);
	sched_setaffinity(0, sizeof(old), &old);
	vb_topology_free(t);
}

static void test_avoid(void **state)
{
	int used[CPU_SETSIZE], first = -1;
	struct vb_topology *t;
	cpu_set_t old, now;
	size_t count = 0;

	assert_int_equal(sched_getaffinity(0, sizeof(old), &old), 0);
	assert_int_equal(vb_topology_load(&t), 0);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &old))
			used[count++] = cpu;
	first = used[0];
	if (count > 1) {
		assert_int_equal(vb_topology_avoid_cpus(t, &first, 1), 0);
		sched_getaffinity(0, sizeof(now), &now);
		assert_int_equal(CPU_COUNT(&now), count - 1);
		assert_false(CPU_ISSET(first, &now));
	}
	/* All of them: refused, and nothing has changed. */
	sched_getaffinity(0, sizeof(now), &now);
	assert_int_equal(vb_topology_avoid_cpus(t, used, count), -ENOSPC);
	sched_getaffinity(0, sizeof(old), &old);
	assert_true(CPU_EQUAL(&now, &old));
	assert_int_equal(vb_topology_avoid_cpus(t, NULL, 0), 0);
	sched_getaffinity(0, sizeof(now), &now);
	assert_int_equal(CPU_COUNT(&now), count);
	vb_topology_free(t);
}

/* As under taskset: what the process may not use isn't offered. */
static void test_affinity(void **state)
{
	struct vb_topology *t;
	cpu_set_t old, one;
	int first = -1;

	assert_int_equal(sched_getaffinity(0, sizeof(old), &old), 0);
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
		if (CPU_ISSET(cpu, &old))
			first = cpu;
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(vb_topology_load(&t), 0);
	assert_int_equal(vb_topology_nr_cpus(t), 1);
	sched_setaffinity(0, sizeof(old), &old);
	vb_topology_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_nodes),
		cmocka_unit_test(test_smt_order),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_no_cpus),
		cmocka_unit_test(test_shared_memory_node),
		cmocka_unit_test(test_pci),
		cmocka_unit_test(test_export),
		cmocka_unit_test(test_this_machine),
		cmocka_unit_test(test_bind),
		cmocka_unit_test(test_avoid),
		cmocka_unit_test(test_affinity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
