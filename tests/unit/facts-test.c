// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts of a made-up machine and of this one; what can't be read is null. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <cmocka.h>

#include "lib/machine/facts.h"
#include "tests/unit/fake-tree.h"

#define CPU "/sys/devices/system/cpu"
#define CLOCKSOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

static int make_tree(void **state)
{
	tree_make();
	return 0;
}

static int remove_tree(void **state)
{
	tree_remove();
	return 0;
}

static const char *text(const json_t *facts, const char *group, const char *key)
{
	return json_string_value(json_object_get(json_object_get(facts, group), key));
}

static void check_null(const json_t *facts, const char *group, const char *key)
{
	if (!json_is_null(json_object_get(json_object_get(facts, group), key)))
		fail_msg("%s.%s is not null", group, key);
}

static void test_nothing_to_read(void **state)
{
	json_t *facts = vb_facts_collect();

	assert_non_null(facts);
	check_null(facts, "kernel", "command_line");
	check_null(facts, "kernel", "taint");
	check_null(facts, "kernel", "slow_options");
	check_null(facts, "cpu", "model");
	check_null(facts, "cpu", "hypervisor");
	check_null(facts, "cpu", "turbo");
	check_null(facts, "cpu", "governor");
	check_null(facts, "memory", "thp");
	check_null(facts, "iommu", "vendor");
	check_null(facts, "iommu", "mode");
	assert_non_null(text(facts, "kernel", "release"));
	assert_false(vb_in_lab());
	assert_false(vb_in_exact_mode());
	assert_false(vb_clocksource_good());
	json_decref(facts);
}

static void make_cpu(void)
{
	tree_file("/proc/cpuinfo",
		  "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Some CPU @ 2.0GHz\n"
		  "microcode\t: 0x2b000\nflags\t\t: fpu hypervisor_not vme\n\n"
		  "processor\t: 1\nmodel name\t: another\nflags\t\t: hypervisor\n");
	tree_file(CPU "/smt/active", "1\n");
	tree_file(CPU "/intel_pstate/no_turbo", "1\n");
	tree_file(CPU "/cpufreq/policy0/scaling_governor", "performance\n");
	tree_file(CPU "/cpufreq/policy1/scaling_governor", "performance\n");
	tree_file(CPU "/vulnerabilities/meltdown", "Not affected\n");
	tree_file(CLOCKSOURCE, "tsc\n");
}

static void test_cpu(void **state)
{
	json_t *facts, *cpu;

	make_cpu();
	facts = vb_facts_collect();
	cpu = json_object_get(facts, "cpu");
	assert_string_equal(text(facts, "cpu", "model"), "Some CPU @ 2.0GHz");
	assert_string_equal(text(facts, "cpu", "microcode"), "0x2b000");
	assert_string_equal(text(facts, "cpu", "governor"), "performance");
	assert_string_equal(text(facts, "cpu", "clocksource"), "tsc");
	assert_true(json_is_false(json_object_get(cpu, "hypervisor")));
	assert_true(json_is_false(json_object_get(cpu, "turbo")));
	assert_true(json_is_true(json_object_get(cpu, "smt")));
	assert_string_equal(json_string_value(json_object_get(
		json_object_get(cpu, "mitigations"), "meltdown")), "Not affected");
	assert_true(vb_clocksource_good());
	json_decref(facts);

	tree_file(CPU "/cpufreq/policy1/scaling_governor", "powersave\n");
	tree_file(CLOCKSOURCE, "hpet\n");
	facts = vb_facts_collect();
	assert_string_equal(text(facts, "cpu", "governor"), "mixed");
	assert_false(vb_clocksource_good());
	json_decref(facts);
}

static void test_lab(void **state)
{
	tree_file("/proc/cmdline", "console=ttyS0 vfio_bench.lab=1 quiet\n");
	assert_true(vb_in_lab());
	assert_false(vb_in_exact_mode());
	tree_file("/proc/cmdline", "vfio_bench.exact=1 vfio_bench.lab=10\n");
	assert_false(vb_in_lab());
	assert_true(vb_in_exact_mode());
}

static void test_memory(void **state)
{
	json_t *facts, *memory, *nodes, *node;

	tree_file("/proc/meminfo", "MemTotal:        2048 kB\nMemFree: 1 kB\n");
	tree_file("/sys/devices/system/node/node0/meminfo", "Node 0 MemTotal:  1024 kB\n");
	tree_file("/sys/devices/system/node/node0/cpulist", "0-1\n");
	tree_file("/sys/devices/system/node/node0/distance", "10 21\n");
	tree_file("/sys/devices/system/node/node10/cpulist", "\n");
	tree_file("/sys/devices/system/node/node2/cpulist", "2-3\n");
	tree_file("/sys/devices/system/node/online", "0-2\n");
	tree_file("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
	tree_file("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "8\n");
	facts = vb_facts_collect();
	memory = json_object_get(facts, "memory");
	nodes = json_object_get(memory, "nodes");
	assert_int_equal(json_integer_value(json_object_get(memory, "total_bytes")), 2 << 20);
	assert_string_equal(text(facts, "memory", "thp"), "madvise");
	assert_int_equal(json_array_size(nodes), 3);
	node = json_array_get(nodes, 0);
	assert_int_equal(json_integer_value(json_object_get(node, "memory_bytes")), 1 << 20);
	assert_int_equal(json_integer_value(json_array_get(
		json_object_get(node, "distances"), 1)), 21);
	/* by number, not by letter */
	node = json_array_get(nodes, 1);
	assert_int_equal(json_integer_value(json_object_get(node, "node")), 2);
	node = json_array_get(json_object_get(memory, "hugepages"), 0);
	assert_int_equal(json_integer_value(json_object_get(node, "page_bytes")), 2 << 20);
	assert_int_equal(json_integer_value(json_object_get(node, "total")), 8);
	assert_true(json_is_null(json_object_get(node, "free")));
	json_decref(facts);
}

static void test_iommu(void **state)
{
	json_t *facts, *iommu;

	tree_dir("/sys/class/iommu/dmar0");
	tree_dir("/sys/class/iommu/dmar1");
	tree_file("/sys/kernel/iommu_groups/0/type", "DMA-FQ\n");
	tree_file("/sys/kernel/iommu_groups/1/type", "DMA\n");
	tree_file("/sys/module/vfio_bench/srcversion", "0123456789ABCDEF\n");
	tree_file("/sys/module/vfio_bench/initstate", "live\n");
	tree_dir("/sys/module/vfio_iommu_type1/parameters");
	tree_dir("/sys/module/nvme");
	facts = vb_facts_collect();
	iommu = json_object_get(facts, "iommu");
	assert_string_equal(text(facts, "iommu", "vendor"), "intel");
	assert_string_equal(text(facts, "iommu", "mode"), "lazy");
	assert_int_equal(json_integer_value(json_object_get(iommu, "units")), 2);
	assert_int_equal(json_object_size(json_object_get(facts, "modules")), 2);
	assert_string_equal(text(json_object_get(facts, "modules"), "vfio_bench", "srcversion"),
			    "0123456789ABCDEF");
	json_decref(facts);
}

/* "intel_iommu=on,sm_on": which of its words are looked at, and that no part of one is. */
static const char *mode_with(const char *command_line)
{
	json_t *facts;
	const char *mode;

	tree_file("/proc/cmdline", command_line);
	facts = vb_facts_collect();
	mode = text(facts, "iommu", "mode");
	mode = !strcmp(mode, "strict") ? "strict" : !strcmp(mode, "lazy") ? "lazy" : "?";
	json_decref(facts);
	return mode;
}

/* A kernel that knows no DMA-FQ says so in its configuration, by what is not there. */
static void old_kernel(void)
{
	struct utsname uts;
	char path[256];

	assert_int_equal(uname(&uts), 0);
	snprintf(path, sizeof(path), "/boot/config-%s", uts.release);
	tree_file(path, "CONFIG_SMP=y\nCONFIG_INTEL_IOMMU=y\n");
}

static void test_iommu_before_fq(void **state)
{
	old_kernel();
	tree_file("/sys/kernel/iommu_groups/0/type", "DMA\n");
	tree_file("/sys/class/iommu/dmar0/intel-iommu/cap", "d2008c22260206\n");
	assert_string_equal(mode_with("quiet intel_iommu=on\n"), "lazy");
	assert_string_equal(mode_with("intel_iommu=on intel_iommu=sp_off,strict\n"), "strict");
	assert_string_equal(mode_with("amd_iommu=fullflush xintel_iommu=strict\n"), "lazy");
	/* a hypervisor that has to see every change */
	tree_file("/sys/class/iommu/dmar0/intel-iommu/cap", "d2008c22260286\n");
	assert_string_equal(mode_with("intel_iommu=on\n"), "strict");
}

static void test_iommu_before_fq_amd(void **state)
{
	old_kernel();
	tree_file("/sys/kernel/iommu_groups/0/type", "DMA\n");
	tree_dir("/sys/class/iommu/ivhd0");
	assert_string_equal(mode_with("amd_iommu=on intel_iommu=strict\n"), "lazy");
	assert_string_equal(mode_with("amd_iommu=fullflush\n"), "strict");
}

static void test_iommu_virtio(void **state)
{
	json_t *facts;

	tree_link("/sys/class/iommu/0000:00:01.0/device", "../../../virtio0");
	facts = vb_facts_collect();
	assert_string_equal(text(facts, "iommu", "vendor"), "virtio");
	json_decref(facts);
	tree_link("/sys/class/iommu/0000:00:02.0/device", "../../../0000:00:02.0");
	facts = vb_facts_collect();
	assert_string_equal(text(facts, "iommu", "vendor"), "other");
	json_decref(facts);
}

/* "": null */
static void tables_are(const char *command_line, const char *ecap, const char *wanted)
{
	json_t *facts, *tables;

	tree_file("/proc/cmdline", command_line);
	tree_file("/sys/class/iommu/dmar0/intel-iommu/ecap", ecap);
	facts = vb_facts_collect();
	tables = json_object_get(json_object_get(facts, "iommu"), "tables");
	if (*wanted)
		assert_string_equal(json_string_value(tables), wanted);
	else
		assert_true(json_is_null(tables));
	json_decref(facts);
}

static void test_iommu_tables(void **state)
{
	tables_are("intel_iommu=on,sm_on\n", "f4a\n", "legacy");
	tables_are("intel_iommu=on,sm_on\n", "80000000f4a\n", "scalable");
	tables_are("intel_iommu=on,sm_off\n", "80000000f4a\n", "legacy");
	tables_are("intel_iommu=on\n", "80000000f4a\n", "");
	old_kernel();
	tables_are("intel_iommu=on\n", "80000000f4a\n", "legacy");
}

static void check_options(const char *from, size_t count, const char *first)
{
	json_t *facts = vb_facts_collect();
	json_t *list = json_object_get(json_object_get(facts, "kernel"), "slow_options");

	assert_int_equal(json_array_size(list), count);
	if (count)
		assert_string_equal(json_string_value(json_array_get(list, 0)), first);
	assert_string_equal(text(facts, "kernel", "slow_options_from"), from);
	json_decref(facts);
}

static void test_options(void **state)
{
	struct utsname uts;
	char path[128];

	uname(&uts);
	tree_file("/proc/kallsyms",
		  "0000000000000000 T kasan_report\n0000000000000000 t lockdep_init\n"
		  "0000000000000000 t kmemleak_alloc\t[some_module]\n");
	check_options("/proc/kallsyms", 2, "CONFIG_KASAN");
	snprintf(path, sizeof(path), "/lib/modules/%s/config", uts.release);
	tree_file(path, "# CONFIG_KASAN is not set\nCONFIG_DEBUG_VM=y\nCONFIG_DEBUG_LIST=y\n"
			"CONFIG_LOCKDEP_SUPPORT=y\nCONFIG_KASAN_SHADOW_OFFSET=0xdf\n");
	check_options(path, 1, "CONFIG_DEBUG_VM");
	snprintf(path, sizeof(path), "/boot/config-%s", uts.release);
	tree_file(path, "CONFIG_VFIO=m\n");
	check_options(path, 0, NULL);
}

static void test_this_machine(void **state)
{
	json_t *facts = vb_facts_collect();
	struct utsname uts;

	uname(&uts);
	assert_non_null(facts);
	assert_string_equal(text(facts, "kernel", "release"), uts.release);
	assert_true(json_array_size(json_object_get(json_object_get(facts, "memory"), "nodes")) ||
		    !json_is_null(json_object_get(json_object_get(facts, "memory"),
						  "total_bytes")));
	json_decref(facts);
}

#define in_tree(test) cmocka_unit_test_setup_teardown(test, make_tree, remove_tree)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_tree(test_nothing_to_read),
		in_tree(test_cpu),
		in_tree(test_lab),
		in_tree(test_memory),
		in_tree(test_iommu),
		in_tree(test_iommu_before_fq),
		in_tree(test_iommu_before_fq_amd),
		in_tree(test_iommu_tables),
		in_tree(test_iommu_virtio),
		in_tree(test_options),
		cmocka_unit_test(test_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
