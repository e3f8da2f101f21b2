// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The one table of noise checks and their limits.  A limit is where the event
 * could take about one part in a hundred of a worker's time, or (migration and
 * its like, which nobody can attribute) where more happens than on a machine
 * that is left alone.  doc/method.md has the reckoning.
 */
#include <math.h>

#include "lib/machine/noise.h"

const struct vb_noise_check vb_noise_checks[VB_NOISE_NR] = {
	[VB_NOISE_GOVERNOR] = {
		"governor", false, true, "CPUs", 0, 0,
		"the clock rate follows the load, so that a run depends on the one before" },
	[VB_NOISE_TURBO] = {
		"turbo", false, false, "0/1", 0, 0,
		"the clock rate depends on temperature and on what other cores do" },
	[VB_NOISE_SMT] = {
		"smt", false, false, "CPUs", 0, 0,
		"two workers on one core slow each other down" },
	[VB_NOISE_IDLE_STATES] = {
		"idle_states", false, false, "us", 100, 0,
		"a worker that waited continues after the CPU has woken up" },
	[VB_NOISE_CLOCKSOURCE] = {
		"clocksource", false, true, "0/1", 0, 0,
		"reading a clock that is no CPU counter takes longer than what is timed" },
	[VB_NOISE_IRQBALANCE] = {
		"irqbalance", false, false, "0/1", 0, 0,
		"it moves interrupts to other CPUs while a run goes on" },
	[VB_NOISE_NUMA_BALANCING] = {
		"numa_balancing", false, false, "0/1", 0, 0,
		"it takes mappings of pages away to see who uses them" },
	[VB_NOISE_KSM] = {
		"ksm", false, false, "0/1", 0, 0,
		"it reads and merges pages all the time" },
	[VB_NOISE_ISOLATION] = {
		"isolation", false, false, "CPUs", INFINITY, 0,
		"isolated CPUs are left alone by the scheduler" },
	[VB_NOISE_RUNNING_TASKS] = {
		"running_tasks", false, false, "tasks", 0.5, 0,
		"others want the CPUs before the session has begun" },
	[VB_NOISE_INTERRUPTS] = {
		"interrupts", true, false, "1/s", 1000, 20,
		"devices' interrupts stop a worker for some microseconds each" },
	[VB_NOISE_IPIS] = {
		"ipis", true, false, "1/s", INFINITY, 0,
		"CPUs interrupt each other, for the workload too (wake-ups, flushes)" },
	[VB_NOISE_TIMER_TICKS] = {
		"timer_ticks", true, false, "1/s", INFINITY, 0,
		"the scheduler's tick" },
	[VB_NOISE_SOFTIRQS] = {
		"softirqs", true, false, "1/s", 1000, 20,
		"network, block devices and tasklets, on a worker's CPU" },
	[VB_NOISE_INVOLUNTARY_SWITCHES] = {
		"involuntary_switches", true, false, "1/s", 25, 8,
		"another task took the worker's CPU" },
	[VB_NOISE_WAITING] = {
		"waiting", true, false, "share", 0.01, 1e6,
		"the worker could have run, and waited for its CPU" },
	[VB_NOISE_OTHER_LOAD] = {
		"other_load", true, false, "share", 0.03, 3,
		"other tasks and interrupts used a worker's CPU" },
	[VB_NOISE_SMT_SIBLINGS] = {
		"smt_siblings", true, false, "share", 0.05, 3,
		"the other thread of a worker's core was busy" },
	[VB_NOISE_STEAL] = {
		"steal", true, false, "share", 0.01, 2,
		"the hypervisor ran something else on this CPU" },
	[VB_NOISE_THROTTLING] = {
		"throttling", true, false, "times", 0, 0,
		"the CPU was too hot and slowed down" },
	[VB_NOISE_SMI] = {
		"smi", true, false, "times", 0, 0,
		"the firmware stopped all CPUs" },
	[VB_NOISE_PAGE_MIGRATION] = {
		"page_migration", true, false, "1/s", 1000, 100,
		"the kernel moved pages" },
	[VB_NOISE_COMPACTION] = {
		"compaction", true, false, "1/s", 1, 2,
		"the kernel moved pages together to make large free ones" },
	[VB_NOISE_THP_COLLAPSE] = {
		"thp_collapse", true, false, "1/s", 1, 2,
		"khugepaged replaced small pages by huge ones" },
	[VB_NOISE_NUMA_SCANS] = {
		"numa_scans", true, false, "1/s", 1000, 100,
		"NUMA balancing took page mappings away" },
	[VB_NOISE_SWAP] = {
		"swap", true, false, "1/s", 1, 2,
		"pages went out to swap or came back" },
};
