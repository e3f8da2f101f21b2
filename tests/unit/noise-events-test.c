// SPDX-License-Identifier: GPL-2.0-or-later
/* Events between two snapshots of made-up machines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/machine/noise-internal.h"
#include "lib/machine/sysfs.h"
#include "tests/unit/fake-tree.h"
#include "tests/unit/noise-helper.h"

#define S 1000000000ull

/* columns 0, 2 and 10: CPU 1 is offline, and places are not numbers */
#define HEAD "            CPU0       CPU2       CPU10      \n"
#define TAIL "ERR:          7\nMIS:          0\n"

static const struct vb_noise_thread two[] = { { 501, 10 }, { 502, 2 } };
static const struct vb_noise_thread crowd[] = { { 501, 10 }, { 502, 10 } };
static const struct vb_noise_thread nobody[] = { { 0, 2 }, { 0, 10 } };

static struct vb_noise noise;
static struct vb_noise_snapshot *before, *after;

static int set_up(void **state)
{
	tree_make();
	memset(&noise, 0, sizeof(noise));
	before = after = NULL;
	return 0;
}

static int tear_down(void **state)
{
	vb_noise_snapshot_free(before);
	vb_noise_snapshot_free(after);
	tree_remove();
	return 0;
}

static void first(const struct vb_noise_thread *threads, size_t nr)
{
	vb_noise_snapshot_free(before);
	assert_int_equal(vb_noise_take(threads, nr, &before), 0);
}

/* The second, and what it shows after @ns. */
static void second(const struct vb_noise_thread *threads, size_t nr, uint64_t ns,
		   const char *rivals)
{
	vb_noise_snapshot_free(after);
	assert_int_equal(vb_noise_take(threads, nr, &after), 0);
	memset(&noise, 0, sizeof(noise));
	vb_noise_judge(before, after, ns, rivals, &noise);
}

static void task(int tid, const char *switches, const char *times)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
	snprintf(text, sizeof(text), "Name:\tx y\nvoluntary_ctxt_switches:\t999999\n"
		 "nonvoluntary_ctxt_switches:\t%s\n", switches);
	tree_file(path, text);
	snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", tid);
	tree_file(path, times);
}

static void test_nothing(void **state)
{
	first(two, 2);
	second(two, 2, S, NULL);
	assert_int_equal(noise.nr, VB_NOISE_NR - VB_NOISE_INTERRUPTS);
	for (size_t i = 0; i < noise.nr; i++) {
		assert_true(vb_noise_checks[noise.finding[i].id].event);
		if (noise.finding[i].id != VB_NOISE_SMT_SIBLINGS)
			assert_int_equal(noise.finding[i].verdict, VB_NOISE_UNKNOWN);
	}
	assert_int_equal(vb_noise_marks(&noise, true), 0);
	/* no time went by: nothing can be said */
	second(two, 2, 0, NULL);
	assert_int_equal(noise.nr, 0);
}

static void test_interrupts(void **state)
{
	tree_file("/proc/interrupts", HEAD
		  "  0:         94          0          0  IR-IO-APIC   2-edge      timer\n"
		  " 36:        100        100        100  PCI-MSIX-0000:00:02.0   1-edge      virtio1-req.0\n"
		  " 40:          5          5          5  IR-PCI-MSI 67108864-edge      PCIe PME, aerdrv\n"
		  "LOC:       1000       1000       1000   Local timer interrupts\n"
		  "RES:         10         10         10   Rescheduling interrupts\n"
		  "NMI:          0          0          0   Non-maskable interrupts\n" TAIL);
	first(two, 2);
	tree_file("/proc/interrupts", HEAD
		  "  0:         99          9          9  IR-IO-APIC   2-edge      timer\n"
		  " 36:     900100        600       4100  PCI-MSIX-0000:00:02.0   1-edge      virtio1-req.0\n"
		  " 40:          5          5          5  IR-PCI-MSI 67108864-edge      PCIe PME, aerdrv\n"
		  " 41:          0          0        500  IR-PCI-MSI 5-edge      nvme0q1\n"
		  "LOC:       1000       1500       1250   Local timer interrupts\n"
		  "RES:         10         12         10   Rescheduling interrupts\n"
		  "NMI:          0          1          2   Non-maskable interrupts\n" TAIL);
	second(two, 2, 2 * S, NULL);
	/* 4000 + 500 (a line that is new) + 2, in 2 s; CPU 0 is nobody's */
	expect(&noise, VB_NOISE_INTERRUPTS, VB_NOISE_MARK, 2251, "on CPU 10; 2000 of them: IRQ 36 virtio1-req.0");
	expect(&noise, VB_NOISE_IPIS, VB_NOISE_OK, 1, "CPU 2; 1 of them: RES Rescheduling");
	/* 250 of LOC and 4.5 of IRQ 0, which is a timer, too */
	expect(&noise, VB_NOISE_TIMER_TICKS, VB_NOISE_OK, 254.5, "CPU 2; 250 of them: LOC Local timer");
	/* the same in 10 s is little */
	second(two, 2, 10 * S, NULL);
	expect(&noise, VB_NOISE_INTERRUPTS, VB_NOISE_OK, 450.2, "virtio1-req.0");
	/* and a high rate of very few is nothing to go by */
	second(two, 2, S / 1000, NULL);
	assert_int_equal(found(&noise, VB_NOISE_INTERRUPTS)->verdict, VB_NOISE_MARK);
	first(two, 2);
	second(two, 2, S, NULL);
	expect(&noise, VB_NOISE_INTERRUPTS, VB_NOISE_OK, 0, "none");
}

static void test_few_interrupts(void **state)
{
	tree_file("/proc/interrupts", HEAD "5: 0 0 0 x\n");
	first(two, 2);
	tree_file("/proc/interrupts", HEAD "5: 0 0 19 x\n");
	second(two, 2, S / 1000, NULL);
	expect(&noise, VB_NOISE_INTERRUPTS, VB_NOISE_OK, 19000, "19000 a second");
	tree_file("/proc/interrupts", HEAD "5: 0 0 20 x\n");
	second(two, 2, S / 1000, NULL);
	expect(&noise, VB_NOISE_INTERRUPTS, VB_NOISE_MARK, 20000, "20000 a second");
}

/* The kernel counts in 32 bits; and lines change their places. */
static void test_interrupts_overflow(void **state)
{
	tree_file("/proc/interrupts", HEAD "5: 1 4294967290 0 a  dev\n7: 9 9 9 b  other\n");
	first(two, 2);
	tree_file("/proc/interrupts", HEAD "7: 9 9 9 b  other\n5: 1 94 0 a  dev\n");
	second(two, 2, S, NULL);
	expect(&noise, VB_NOISE_INTERRUPTS, VB_NOISE_OK, 100, "CPU 2; 100 of them: IRQ 5 dev");
}

/* As on Arm: timers and IPIs are known by name and number. */
static void test_interrupts_arm(void **state)
{
	tree_file("/proc/interrupts", HEAD "11: 0 0 0 GICv3  27 Level     arch_timer\n"
		  "IPI0: 0 0 0  Rescheduling interrupts\n");
	first(two, 2);
	tree_file("/proc/interrupts", HEAD "11: 0 250 0 GICv3  27 Level     arch_timer\n"
		  "IPI0: 0 0 12  Rescheduling interrupts\n");
	second(two, 2, S, NULL);
	expect(&noise, VB_NOISE_INTERRUPTS, VB_NOISE_OK, 0, "none");
	expect(&noise, VB_NOISE_TIMER_TICKS, VB_NOISE_OK, 250, "CPU 2");
	expect(&noise, VB_NOISE_IPIS, VB_NOISE_OK, 12, "CPU 10");
}

static void test_interrupts_malformed(void **state)
{
	static const char *const bad[] = {
		"", "\n", "no head\n", HEAD, "CPU0 CPU2\n5: 1 2 x\n", "CPU2 CPU10x\n5: 1 2 x\n",
		HEAD "5: 1 2\n", HEAD ": 1 2 3\n", HEAD "no colon 1 2 3\n",
		HEAD "5: 1 - 3 x\n", HEAD "a-name-of-more-than-24-characters: 1 2 3\n",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		tree_file("/proc/interrupts", bad[i]);
		first(two, 2);
		second(two, 2, S, NULL);
		assert_int_equal(found(&noise, VB_NOISE_INTERRUPTS)->verdict, VB_NOISE_UNKNOWN);
	}
	/* one bad line spoils no good one */
	tree_file("/proc/interrupts", HEAD "rubbish\n5: 0 0 0 x\n6: 1\n");
	first(two, 2);
	tree_file("/proc/interrupts", HEAD "rubbish\n5: 0 7 0 x\n6: 9\n");
	second(two, 2, S, NULL);
	expect(&noise, VB_NOISE_INTERRUPTS, VB_NOISE_OK, 7, "7 of them: IRQ 5 x");
}

static void test_softirqs(void **state)
{
	tree_file("/proc/softirqs", HEAD "      TIMER:  1 1 1\n     NET_RX: 0 0 0\n");
	first(two, 2);
	tree_file("/proc/softirqs", HEAD "      TIMER:  1 90001 1\n     NET_RX: 0 0 5000\n");
	second(two, 2, S, NULL);
	expect(&noise, VB_NOISE_SOFTIRQS, VB_NOISE_MARK, 5000, "CPU 10; 5000 of them: NET_RX");
	second(two, 2, 10 * S, NULL);
	expect(&noise, VB_NOISE_SOFTIRQS, VB_NOISE_OK, 500, "NET_RX");
}

static void test_switches(void **state)
{
	task(501, "10", "1000 5 1\n");
	task(502, "0", "1000 5 1\n");
	first(two, 2);
	second(two, 2, S, NULL);
	expect(&noise, VB_NOISE_INVOLUNTARY_SWITCHES, VB_NOISE_OK, 0, "none");
	task(501, "35", "2000 5 1\n");
	task(502, "26", "2000 5 1\n");
	second(two, 2, S, NULL);
	expect(&noise, VB_NOISE_INVOLUNTARY_SWITCHES, VB_NOISE_MARK, 26, "worker 1 on CPU 2");
	second(two, 2, 2 * S, NULL);
	expect(&noise, VB_NOISE_INVOLUNTARY_SWITCHES, VB_NOISE_OK, 13, "worker 1");
	/* pinners of the job */
	second(two, 2, S, "pinners of the job run there");
	expect(&noise, VB_NOISE_INVOLUNTARY_SWITCHES, VB_NOISE_OK, 26, "expected: pinners of the job");
	/* one of them can't be read: the other still counts */
	tree_unlink("/proc/self/task/502/status");
	second(two, 2, S, NULL);
	expect(&noise, VB_NOISE_INVOLUNTARY_SWITCHES, VB_NOISE_OK, 25, "worker 0");
	task(501, "many", "2000 5 1\n");
	second(two, 2, S, NULL);
	assert_int_equal(found(&noise, VB_NOISE_INVOLUNTARY_SWITCHES)->verdict, VB_NOISE_UNKNOWN);
}

/* 8 at least: three in 10 ms are no rate of 300. */
static void test_few_switches(void **state)
{
	task(501, "0", "1 1 1\n");
	task(502, "0", "1 1 1\n");
	first(two, 2);
	task(501, "7", "1 1 1\n");
	second(two, 2, S / 100, NULL);
	expect(&noise, VB_NOISE_INVOLUNTARY_SWITCHES, VB_NOISE_OK, 700, "700 a second");
	task(501, "8", "1 1 1\n");
	second(two, 2, S / 100, NULL);
	expect(&noise, VB_NOISE_INVOLUNTARY_SWITCHES, VB_NOISE_MARK, 800, "800 a second");
}

static void test_oversubscribed(void **state)
{
	task(501, "0", "1000 0 1\n");
	task(502, "0", "1000 0 1\n");
	first(crowd, 2);
	task(501, "250", "500001000 500000000 1\n");
	task(502, "250", "500001000 500000000 1\n");
	second(crowd, 2, S, NULL);
	expect(&noise, VB_NOISE_INVOLUNTARY_SWITCHES, VB_NOISE_OK, 250, "expected: workers share");
	expect(&noise, VB_NOISE_WAITING, VB_NOISE_OK, 0.5, "expected: workers share");
}

/* What is expected on one CPU hides nothing on another. */
static void test_oversubscribed_elsewhere(void **state)
{
	static const struct vb_noise_thread three[] = { { 501, 10 }, { 502, 10 }, { 503, 2 } };

	for (int tid = 501; tid <= 503; tid++)
		task(tid, "0", "1000 0 1\n");
	first(three, 3);
	task(501, "250", "500001000 500000000 1\n");
	task(502, "250", "500001000 500000000 1\n");
	task(503, "25", "990001000 10000000 1\n");
	second(three, 3, S, NULL);
	expect(&noise, VB_NOISE_INVOLUNTARY_SWITCHES, VB_NOISE_OK, 250, "expected: workers share");
	expect(&noise, VB_NOISE_WAITING, VB_NOISE_OK, 0.5, "expected: workers share");
	task(503, "26", "980001000 20000000 1\n");
	second(three, 3, S, NULL);
	expect(&noise, VB_NOISE_INVOLUNTARY_SWITCHES, VB_NOISE_MARK, 26, "worker 2 on CPU 2");
	expect(&noise, VB_NOISE_WAITING, VB_NOISE_MARK, 0.02, "worker 2 on CPU 2");
}

static void test_waiting(void **state)
{
	task(501, "0", "1000 5000000 1\n");
	task(502, "0", "1000 0 1\n");
	first(two, 2);
	task(501, "0", "900001000 25000000 1\n");
	task(502, "0", "900001000 10000000 1\n");
	second(two, 2, S, NULL);
	expect(&noise, VB_NOISE_WAITING, VB_NOISE_MARK, 0.02, "2.00% of the time: worker 0 on CPU 10");
	second(two, 2, 4 * S, NULL);
	expect(&noise, VB_NOISE_WAITING, VB_NOISE_OK, 0.005, "worker 0");
	/* a kernel without these counts has zeros */
	task(501, "0", "0 0 0\n");
	task(502, "0", "0 0 0\n");
	second(two, 2, S, NULL);
	assert_int_equal(found(&noise, VB_NOISE_WAITING)->verdict, VB_NOISE_UNKNOWN);
	assert_int_equal(found(&noise, VB_NOISE_OTHER_LOAD)->verdict, VB_NOISE_UNKNOWN);
}

/* 100 ticks a second, on every kernel: USER_HZ. */
static void test_load(void **state)
{
	tree_file("/proc/stat", "cpu  9 9 9 9 9 9 9 9 9 9\n"
		  "cpu0 0 0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\n"
		  "cpu2 100 0 100 500 0 0 0 0 0 0\ncpu10 100 0 100 500 0 0 0 0 0 0\nintr 5\n");
	task(501, "0", "1000 0 1\n");
	task(502, "0", "1000 0 1\n");
	first(two, 2);
	/* in 2 s: CPU 2 all busy, its worker 1.9 s of it; CPU 10 half idle, all of it the worker's */
	tree_file("/proc/stat", "cpu  9 9 9 9 9 9 9 9 9 9\n"
		  "cpu0 200 0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\n"
		  "cpu2 190 10 170 500 0 20 10 0 77 77\ncpu10 200 0 100 597 0 0 0 3 0 0\nintr 5\n");
	task(501, "0", "1000001000 0 1\n");
	task(502, "0", "1900001000 0 1\n");
	second(two, 2, 2 * S, NULL);
	expect(&noise, VB_NOISE_OTHER_LOAD, VB_NOISE_MARK, 0.05, "5.0% of CPU 2's time");
	expect(&noise, VB_NOISE_STEAL, VB_NOISE_MARK, 0.015, "1.5% of CPU 10's time");
	expect(&noise, VB_NOISE_SMT_SIBLINGS, VB_NOISE_OK, 0, "none that is not");
	second(two, 2, 2 * S, "pinners");
	expect(&noise, VB_NOISE_OTHER_LOAD, VB_NOISE_OK, 0.05, "expected: pinners");
	/* the worker's time is finer than ticks: never less than nothing */
	task(501, "0", "1100001000 0 1\n");
	task(502, "0", "2100001000 0 1\n");
	second(two, 2, 2 * S, NULL);
	expect(&noise, VB_NOISE_OTHER_LOAD, VB_NOISE_OK, 0, "0.0% of");
}

/* Without workers (doctor) all of the load is others'. */
static void test_load_of_nobody(void **state)
{
	tree_file("/proc/stat", "cpu2 0 0 0 0 0 0 0 0\ncpu10 0 0 0 0 0 0 0 0\n");
	first(nobody, 2);
	tree_file("/proc/stat", "cpu2 0 0 0 100 0 0 0 0\ncpu10 25 0 0 75 0 0 0 0\n");
	second(nobody, 2, S, NULL);
	expect(&noise, VB_NOISE_OTHER_LOAD, VB_NOISE_MARK, 0.25, "25.0% of CPU 10's");
	assert_int_equal(found(&noise, VB_NOISE_INVOLUNTARY_SWITCHES)->verdict, VB_NOISE_UNKNOWN);
	/* busy for more than the time there was: the tick's grain */
	tree_file("/proc/stat", "cpu2 0 0 0 0 0 0 0 0\ncpu10 101 0 0 0 0 0 0 0\n");
	second(nobody, 2, S, NULL);
	expect(&noise, VB_NOISE_OTHER_LOAD, VB_NOISE_MARK, 1, "100.0% of CPU 10's");
	/* two ticks may be chance */
	tree_file("/proc/stat", "cpu2 0 0 0 100 0 0 0 0\ncpu10 2 0 0 75 0 0 0 0\n");
	second(nobody, 2, S / 10, NULL);
	expect(&noise, VB_NOISE_OTHER_LOAD, VB_NOISE_OK, 0.2, "20.0% of CPU 10's");
}

static void test_load_malformed(void **state)
{
	tree_file("/proc/stat", "cpu2 1 2 3\ncpu10\ncpux 1 2 3 4 5 6 7 8\n");
	task(501, "0", "1000 0 1\n");
	task(502, "0", "1000 0 1\n");
	first(two, 2);
	second(two, 2, S, NULL);
	assert_int_equal(found(&noise, VB_NOISE_OTHER_LOAD)->verdict, VB_NOISE_UNKNOWN);
	assert_int_equal(found(&noise, VB_NOISE_STEAL)->verdict, VB_NOISE_UNKNOWN);
}

static void test_siblings(void **state)
{
	tree_file("/sys/devices/system/cpu/cpu2/topology/thread_siblings_list", "2,66\n");
	tree_file("/sys/devices/system/cpu/cpu10/topology/thread_siblings_list", "10,74\n");
	tree_file("/proc/stat", "cpu66 0 0 0 0 0 0 0 0\ncpu74 0 0 0 0 0 0 0 0\n");
	first(two, 2);
	tree_file("/proc/stat", "cpu66 2 0 0 98 0 0 0 0\ncpu74 30 0 10 60 0 0 0 0\n");
	second(two, 2, S, NULL);
	expect(&noise, VB_NOISE_SMT_SIBLINGS, VB_NOISE_MARK, 0.4, "40.0% of CPU 74's");
	tree_file("/proc/stat", "cpu66 2 0 0 98 0 0 0 0\ncpu74 3 0 0 97 0 0 0 0\n");
	second(two, 2, S, NULL);
	expect(&noise, VB_NOISE_SMT_SIBLINGS, VB_NOISE_OK, 0.03, "3.0% of CPU 74's");
	tree_file("/proc/stat", "\n");
	second(two, 2, S, NULL);
	assert_int_equal(found(&noise, VB_NOISE_SMT_SIBLINGS)->verdict, VB_NOISE_UNKNOWN);
}

static void test_throttling(void **state)
{
	tree_file("/sys/devices/system/cpu/cpu10/thermal_throttle/core_throttle_count", "3\n");
	tree_file("/sys/devices/system/cpu/cpu10/thermal_throttle/package_throttle_count", "10\n");
	first(two, 2);
	second(two, 2, S, NULL);
	expect(&noise, VB_NOISE_THROTTLING, VB_NOISE_OK, 0, "none");
	tree_file("/sys/devices/system/cpu/cpu10/thermal_throttle/package_throttle_count", "12\n");
	second(two, 2, S, NULL);
	expect(&noise, VB_NOISE_THROTTLING, VB_NOISE_MARK, 2, "2 times, last seen on CPU 10");
}

/* A register is read at its number: a file with that many bytes before it. */
static void put_msr(const char *path, uint32_t count)
{
	unsigned char bytes[0x34 + 8] = "";
	char full[4200];
	FILE *file;

	tree_file(path, "");
	memcpy(bytes + 0x34, &count, sizeof(count));
	assert_int_equal(vb_sysfs_path(full, sizeof(full), path), 0);
	file = fopen(full, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, sizeof(bytes), 1, file), 1);
	fclose(file);
}

static void test_smi(void **state)
{
	put_msr("/dev/cpu/2/msr", 4294967295u);
	first(two, 2);
	second(two, 2, S, NULL);
	expect(&noise, VB_NOISE_SMI, VB_NOISE_OK, 0, "none");
	put_msr("/dev/cpu/2/msr", 2);
	second(two, 2, S, NULL);
	expect(&noise, VB_NOISE_SMI, VB_NOISE_MARK, 3, "3");
	tree_file("/dev/cpu/2/msr", "too short");
	second(two, 2, S, NULL);
	assert_int_equal(found(&noise, VB_NOISE_SMI)->verdict, VB_NOISE_UNKNOWN);
	expect_text(found(&noise, VB_NOISE_SMI), "can't be read");
	tree_unlink("/dev/cpu/2/msr");
	second(two, 2, S, NULL);
	expect_text(found(&noise, VB_NOISE_SMI), "/dev/cpu/2/msr is not there");
	assert_string_equal(found(&noise, VB_NOISE_SMI)->mend, "modprobe msr (Intel only)");
}

static void test_vmstat(void **state)
{
	tree_file("/proc/vmstat", "nr_free_pages 5\npgmigrate_success 10\npgmigrate_success_x 9\n"
		  "compact_stall 1\ncompact_daemon_wake 1\nthp_collapse_alloc 4\n"
		  "numa_pte_updates 7\npswpin 0\npswpout 0\nodd\n");
	first(two, 2);
	tree_file("/proc/vmstat", "nr_free_pages 5\npgmigrate_success 5010\npgmigrate_success_x 9\n"
		  "compact_stall 2\ncompact_daemon_wake 6\nthp_collapse_alloc 5\n"
		  "numa_pte_updates 5007\npswpin 1\npswpout 2\nodd\n");
	second(two, 2, 2 * S, NULL);
	expect(&noise, VB_NOISE_PAGE_MIGRATION, VB_NOISE_MARK, 2500, "5000 pages moved, 2500.0 a second");
	expect(&noise, VB_NOISE_COMPACTION, VB_NOISE_MARK, 3, "6 starts");
	expect(&noise, VB_NOISE_THP_COLLAPSE, VB_NOISE_OK, 0.5, "1 huge pages");
	expect(&noise, VB_NOISE_NUMA_SCANS, VB_NOISE_MARK, 2500, "5000 mappings");
	expect(&noise, VB_NOISE_SWAP, VB_NOISE_MARK, 1.5, "3 pages");
	first(two, 2);
	second(two, 2, 2 * S, NULL);
	expect(&noise, VB_NOISE_SWAP, VB_NOISE_OK, 0, "none");
	assert_int_equal(vb_noise_marks(&noise, true), 0);
	/* what a kernel was built without is not said to be quiet */
	tree_file("/proc/vmstat", "pswpin 1\npswpout 2\n");
	second(two, 2, 2 * S, NULL);
	assert_int_equal(found(&noise, VB_NOISE_COMPACTION)->verdict, VB_NOISE_UNKNOWN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing), TEST(test_interrupts), TEST(test_few_interrupts),
		TEST(test_interrupts_overflow), TEST(test_interrupts_arm),
		TEST(test_interrupts_malformed), TEST(test_softirqs), TEST(test_switches),
		TEST(test_few_switches), TEST(test_oversubscribed),
		TEST(test_oversubscribed_elsewhere), TEST(test_waiting),
		TEST(test_load), TEST(test_load_of_nobody), TEST(test_load_malformed),
		TEST(test_siblings), TEST(test_throttling), TEST(test_smi), TEST(test_vmstat),
	};

	return cmocka_run_group_tests_name("noise-events", tests, NULL, NULL);
}
