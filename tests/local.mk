# SPDX-License-Identifier: GPL-2.0-or-later
TEST_EXTENSIONS = .sh
SH_LOG_DRIVER = $(TEST_LOG_DRIVER)
LOG_DRIVER = $(TEST_LOG_DRIVER)
AM_TESTS_ENVIRONMENT = top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)'; \
	CMOCKA_MESSAGE_OUTPUT=TAP; CC='$(CC)'; \
	VB_TEST_CFLAGS='-D_GNU_SOURCE -I$(abs_top_srcdir) $(AM_CFLAGS)'; \
	export top_srcdir top_builddir CMOCKA_MESSAGE_OUTPUT CC VB_TEST_CFLAGS;

if HAVE_CMOCKA
unit_ldadd = libbench.a libvfiobench.a $(CMOCKA_LIBS) $(VB_LIBS)
unit_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
# One block for each unit test: tests/unit/NAME-test.c, TAP from cmocka.
job_tests = \
	tests/unit/job-bad-test tests/unit/job-expand-test tests/unit/job-nomem-test \
	tests/unit/job-published-test tests/unit/job-test
check_PROGRAMS += $(job_tests)
TESTS += $(job_tests)
tests_unit_job_bad_test_SOURCES = tests/unit/job-bad-test.c
tests_unit_job_bad_test_CFLAGS = $(unit_cflags)
tests_unit_job_bad_test_LDADD = $(unit_ldadd)
tests_unit_job_expand_test_SOURCES = tests/unit/job-expand-test.c tests/unit/job-helper.h
tests_unit_job_expand_test_CFLAGS = $(unit_cflags)
tests_unit_job_expand_test_LDADD = $(unit_ldadd)
tests_unit_job_nomem_test_SOURCES = tests/unit/job-nomem-test.c tests/unit/job-helper.h
tests_unit_job_nomem_test_CFLAGS = $(unit_cflags)
tests_unit_job_nomem_test_LDADD = $(unit_ldadd)
tests_unit_job_nomem_test_LDFLAGS = \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=strndup
tests_unit_job_published_test_SOURCES = tests/unit/job-published-test.c tests/unit/job-helper.h
tests_unit_job_published_test_CFLAGS = $(unit_cflags)
tests_unit_job_published_test_LDADD = $(unit_ldadd)
tests_unit_job_test_SOURCES = tests/unit/job-test.c tests/unit/job-helper.h
tests_unit_job_test_CFLAGS = $(unit_cflags)
tests_unit_job_test_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/bind-test tests/unit/inuse-people-test tests/unit/inuse-test
tests_unit_bind_test_SOURCES = tests/unit/bind-test.c \
	tests/unit/fake-tree.c tests/unit/fake-tree.h
tests_unit_bind_test_CFLAGS = $(unit_cflags)
tests_unit_bind_test_LDADD = $(unit_ldadd)
tests_unit_bind_test_LDFLAGS = -Wl,--wrap=vb_sysfs_write,--wrap=vb_module_load
inuse_helper = tests/unit/inuse-helper.h tests/unit/fake-tree.c tests/unit/fake-tree.h
tests_unit_inuse_people_test_SOURCES = tests/unit/inuse-people-test.c $(inuse_helper)
tests_unit_inuse_people_test_CFLAGS = $(unit_cflags)
tests_unit_inuse_people_test_LDADD = $(unit_ldadd)
tests_unit_inuse_test_SOURCES = tests/unit/inuse-test.c $(inuse_helper)
tests_unit_inuse_test_CFLAGS = $(unit_cflags)
tests_unit_inuse_test_LDADD = $(unit_ldadd)
TESTS += tests/unit/bind-test tests/unit/inuse-people-test tests/unit/inuse-test
check_PROGRAMS += tests/unit/fault-test
TESTS += tests/unit/fault-test
tests_unit_fault_test_SOURCES = tests/unit/fault-test.c
tests_unit_fault_test_CFLAGS = $(unit_cflags)
tests_unit_fault_test_LDADD = $(unit_ldadd)
check_PROGRAMS += tests/unit/soak-mix-test
TESTS += tests/unit/soak-mix-test
tests_unit_soak_mix_test_SOURCES = tests/unit/soak-mix-test.c
tests_unit_soak_mix_test_CFLAGS = $(unit_cflags)
tests_unit_soak_mix_test_LDADD = $(unit_ldadd)
tests_unit_soak_mix_test_LDFLAGS = -Wl,--wrap=vb_fault_find

check_PROGRAMS += tests/unit/conformance-test
TESTS += tests/unit/conformance-test
tests_unit_conformance_test_SOURCES = tests/unit/conformance-test.c
tests_unit_conformance_test_CFLAGS = $(unit_cflags)
tests_unit_conformance_test_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/journal-test
TESTS += tests/unit/journal-test
tests_unit_journal_test_SOURCES = tests/unit/journal-test.c \
	tests/unit/fake-tree.c tests/unit/fake-tree.h
tests_unit_journal_test_CFLAGS = $(unit_cflags)
tests_unit_journal_test_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/fault-inject-test
TESTS += tests/unit/fault-inject-test
tests_unit_fault_inject_test_SOURCES = tests/unit/fault-inject-test.c
tests_unit_fault_inject_test_CFLAGS = $(unit_cflags)
tests_unit_fault_inject_test_LDADD = $(unit_ldadd)
tests_unit_fault_inject_test_LDFLAGS = -Wl,--wrap=syscall,--wrap=vb_module_state \
	-Wl,--wrap=vb_variant_loaded

# What faults change of the machine, and that the journal has it.
check_PROGRAMS += tests/unit/fault-changes-test
TESTS += tests/unit/fault-changes-test
tests_unit_fault_changes_test_SOURCES = tests/unit/fault-changes-test.c \
	tests/unit/fake-tree.c tests/unit/fake-tree.h
tests_unit_fault_changes_test_CFLAGS = $(unit_cflags)
tests_unit_fault_changes_test_LDADD = $(unit_ldadd)
tests_unit_fault_changes_test_LDFLAGS = -Wl,--wrap=clock_settime,--wrap=vb_vfio_in_use \
	-Wl,--wrap=vb_variant_find,--wrap=vb_variant_load,--wrap=vb_variant_unload

check_PROGRAMS += tests/unit/privileges-test
TESTS += tests/unit/privileges-test
tests_unit_privileges_test_SOURCES = tests/unit/privileges-test.c
tests_unit_privileges_test_CFLAGS = $(unit_cflags)
tests_unit_privileges_test_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/report-values-test
TESTS += tests/unit/report-values-test
tests_unit_report_values_test_SOURCES = tests/unit/report-values-test.c
tests_unit_report_values_test_CFLAGS = $(unit_cflags)
tests_unit_report_values_test_LDADD = $(unit_ldadd)
plain_tests = tests/unit/device-list-test tests/unit/histogram-test \
	tests/unit/iommu-null-test tests/unit/sysfs-test
check_PROGRAMS += $(plain_tests)
TESTS += $(plain_tests)
tests_unit_device_list_test_SOURCES = tests/unit/device-list-test.c \
	tests/unit/fake-tree.c tests/unit/fake-tree.h
tests_unit_device_list_test_CFLAGS = $(unit_cflags)
tests_unit_device_list_test_LDADD = $(unit_ldadd)
tests_unit_histogram_test_SOURCES = tests/unit/histogram-test.c
tests_unit_histogram_test_CFLAGS = $(unit_cflags)
tests_unit_histogram_test_LDADD = $(unit_ldadd)
tests_unit_iommu_null_test_SOURCES = tests/unit/iommu-null-test.c
tests_unit_iommu_null_test_CFLAGS = $(unit_cflags)
tests_unit_iommu_null_test_LDADD = $(unit_ldadd)
check_PROGRAMS += tests/unit/iommufd-test
TESTS += tests/unit/iommufd-test
tests_unit_iommufd_test_SOURCES = tests/unit/iommufd-test.c
tests_unit_iommufd_test_CFLAGS = $(unit_cflags)
tests_unit_iommufd_test_LDADD = $(unit_ldadd)
tests_unit_iommufd_test_LDFLAGS = -Wl,--wrap=ioctl,--wrap=open,--wrap=open64,--wrap=access
tests_unit_sysfs_test_SOURCES = tests/unit/sysfs-test.c \
	tests/unit/fake-tree.c tests/unit/fake-tree.h
tests_unit_sysfs_test_CFLAGS = $(unit_cflags)
tests_unit_sysfs_test_LDADD = $(unit_ldadd)

# What the recorder costs, and reading it back.
check_PROGRAMS += tests/bench/samples-rate
tests_bench_samples_rate_SOURCES = tests/bench/samples-rate.c
tests_bench_samples_rate_LDADD = libvfiobench.a $(VB_LIBS)
EXTRA_DIST += tests/bench/fix-compiles.sh tests/bench/samples-cost.sh tests/bench/samples-read.sh

measure_tests = tests/unit/arrival-test tests/unit/intervals-test tests/unit/samples-test \
	tests/unit/steady-test
check_PROGRAMS += $(measure_tests)
TESTS += $(measure_tests)
tests_unit_arrival_test_SOURCES = tests/unit/arrival-test.c
tests_unit_arrival_test_CFLAGS = $(unit_cflags)
tests_unit_arrival_test_LDADD = $(unit_ldadd)
tests_unit_intervals_test_SOURCES = tests/unit/intervals-test.c
tests_unit_intervals_test_CFLAGS = $(unit_cflags)
tests_unit_intervals_test_LDADD = $(unit_ldadd)
tests_unit_steady_test_SOURCES = tests/unit/steady-test.c
tests_unit_steady_test_CFLAGS = $(unit_cflags)
tests_unit_steady_test_LDADD = $(unit_ldadd)
tests_unit_samples_test_SOURCES = tests/unit/samples-test.c
tests_unit_samples_test_CFLAGS = $(unit_cflags)
tests_unit_samples_test_LDADD = $(unit_ldadd)

ab_tests = tests/unit/abilities-test tests/unit/arm-test tests/unit/plan-test tests/unit/schedule-test \
	tests/unit/watchdog-test
check_PROGRAMS += $(ab_tests)
TESTS += $(ab_tests)
tests_unit_abilities_test_SOURCES = tests/unit/abilities-test.c
tests_unit_abilities_test_CFLAGS = $(unit_cflags)
tests_unit_abilities_test_LDADD = $(unit_ldadd)
tests_unit_arm_test_SOURCES = tests/unit/arm-test.c
tests_unit_arm_test_CFLAGS = $(unit_cflags)
tests_unit_arm_test_LDADD = $(unit_ldadd)
tests_unit_plan_test_SOURCES = tests/unit/plan-test.c tests/unit/job-helper.h
tests_unit_plan_test_CFLAGS = $(unit_cflags)
tests_unit_plan_test_LDADD = $(unit_ldadd)
tests_unit_schedule_test_SOURCES = tests/unit/schedule-test.c
tests_unit_schedule_test_CFLAGS = $(unit_cflags)
tests_unit_schedule_test_LDADD = $(unit_ldadd)
tests_unit_watchdog_test_SOURCES = tests/unit/watchdog-test.c
tests_unit_watchdog_test_CFLAGS = $(unit_cflags)
tests_unit_watchdog_test_LDADD = $(unit_ldadd)

noise_tests = tests/unit/noise-events-test tests/unit/noise-gate-test \
	tests/unit/noise-settings-test
check_PROGRAMS += $(noise_tests)
TESTS += $(noise_tests)
tests_unit_noise_events_test_SOURCES = tests/unit/noise-events-test.c \
	tests/unit/noise-helper.h tests/unit/fake-tree.c tests/unit/fake-tree.h
tests_unit_noise_events_test_CFLAGS = $(unit_cflags)
tests_unit_noise_events_test_LDADD = $(unit_ldadd)
tests_unit_noise_settings_test_SOURCES = tests/unit/noise-settings-test.c \
	tests/unit/noise-helper.h tests/unit/fake-tree.c tests/unit/fake-tree.h
tests_unit_noise_settings_test_CFLAGS = $(unit_cflags)
tests_unit_noise_settings_test_LDADD = $(unit_ldadd)
tests_unit_noise_gate_test_SOURCES = tests/unit/noise-gate-test.c
tests_unit_noise_gate_test_CFLAGS = $(unit_cflags)
tests_unit_noise_gate_test_LDADD = $(unit_ldadd)

result_tests = tests/unit/result-damage-test tests/unit/result-test
check_PROGRAMS += $(result_tests)
TESTS += $(result_tests)
tests_unit_result_damage_test_SOURCES = tests/unit/result-damage-test.c
tests_unit_result_damage_test_CFLAGS = $(unit_cflags)
tests_unit_result_damage_test_LDADD = $(unit_ldadd)
tests_unit_result_test_SOURCES = tests/unit/result-test.c
tests_unit_result_test_CFLAGS = $(unit_cflags)
tests_unit_result_test_LDADD = $(unit_ldadd)

machine_tests = \
	tests/unit/audit-test tests/unit/counters-test tests/unit/facts-test tests/unit/klog-test \
	tests/unit/memory-test tests/unit/topology-test tests/unit/variant-test
check_PROGRAMS += $(machine_tests)
TESTS += $(machine_tests)
tests_unit_audit_test_SOURCES = tests/unit/audit-test.c
tests_unit_audit_test_CFLAGS = $(unit_cflags)
tests_unit_audit_test_LDADD = $(unit_ldadd)
tests_unit_counters_test_SOURCES = tests/unit/counters-test.c
tests_unit_counters_test_CFLAGS = $(unit_cflags)
tests_unit_counters_test_LDADD = $(unit_ldadd)
tests_unit_facts_test_SOURCES = tests/unit/facts-test.c tests/unit/fake-tree.c tests/unit/fake-tree.h
tests_unit_facts_test_CFLAGS = $(unit_cflags)
tests_unit_facts_test_LDADD = $(unit_ldadd)
tests_unit_klog_test_SOURCES = tests/unit/klog-test.c
tests_unit_klog_test_CFLAGS = $(unit_cflags)
tests_unit_klog_test_LDADD = $(unit_ldadd)
tests_unit_memory_test_SOURCES = tests/unit/memory-test.c
tests_unit_memory_test_CFLAGS = $(unit_cflags)
tests_unit_memory_test_LDADD = $(unit_ldadd)
tests_unit_topology_test_SOURCES = tests/unit/topology-test.c
tests_unit_topology_test_CFLAGS = $(unit_cflags)
tests_unit_topology_test_LDADD = $(unit_ldadd)
tests_unit_variant_test_SOURCES = tests/unit/variant-test.c tests/unit/fake-tree.c tests/unit/fake-tree.h
tests_unit_variant_test_CFLAGS = $(unit_cflags)
tests_unit_variant_test_LDADD = $(unit_ldadd)

# The NVMe driver on a controller in memory.
check_PROGRAMS += tests/unit/nvme-test
TESTS += tests/unit/nvme-test
tests_unit_nvme_test_SOURCES = tests/unit/nvme-test.c
tests_unit_nvme_test_CFLAGS = $(unit_cflags)
tests_unit_nvme_test_LDADD = $(unit_ldadd)
tests_unit_nvme_test_LDFLAGS = -Wl,--wrap=vb_device_map_bar,--wrap=vb_device_enable_bus_master

# Workloads on a model of the kernel that is wrong in one way: each has to notice.
workload_tests = tests/unit/device-workload-test tests/unit/map-cycle-test \
	tests/unit/workload-iommufd-test \
	tests/unit/workload-conformance-test \
	tests/unit/workload-mdev-test tests/unit/workload-memlock-test \
	tests/unit/workload-pressure-test \
	tests/unit/workload-test tests/unit/workload-type1-test
check_PROGRAMS += $(workload_tests)
TESTS += $(workload_tests)
workload_helper = tests/unit/workload-helper.c tests/unit/workload-helper.h
workload_wraps = \
	-Wl,--wrap=vb_mdev_pin,--wrap=vb_mdev_unpin,--wrap=vb_mdev_open_range \
	-Wl,--wrap=vb_mdev_request_end,--wrap=vb_mdev_open,--wrap=vb_mdev_close_device \
	-Wl,--wrap=vb_mdev_stats
tests_unit_map_cycle_test_SOURCES = tests/unit/map-cycle-test.c $(workload_helper)
tests_unit_map_cycle_test_CFLAGS = $(unit_cflags)
tests_unit_map_cycle_test_LDADD = $(unit_ldadd)
tests_unit_map_cycle_test_LDFLAGS = $(workload_wraps)
tests_unit_device_workload_test_SOURCES = tests/unit/device-workload-test.c $(workload_helper)
tests_unit_device_workload_test_CFLAGS = $(unit_cflags)
tests_unit_device_workload_test_LDADD = $(unit_ldadd)
tests_unit_device_workload_test_LDFLAGS = $(workload_wraps) \
	-Wl,--wrap=vb_device_open,--wrap=vb_device_close_fd,--wrap=vb_device_reset \
	-Wl,--wrap=vb_device_region,--wrap=vb_device_map_bar \
	-Wl,--wrap=vb_device_irq_on,--wrap=vb_device_irq_off
tests_unit_workload_iommufd_test_SOURCES = tests/unit/workload-iommufd-test.c $(workload_helper)
tests_unit_workload_iommufd_test_CFLAGS = $(unit_cflags)
tests_unit_workload_iommufd_test_LDADD = $(unit_ldadd)
tests_unit_workload_iommufd_test_LDFLAGS = $(workload_wraps) \
	-Wl,--wrap=vb_own_foll_pins,--wrap=vb_locked_read,--wrap=vb_may_lock_any
tests_unit_workload_conformance_test_SOURCES = tests/unit/workload-conformance-test.c \
	$(workload_helper)
tests_unit_workload_conformance_test_CFLAGS = $(unit_cflags)
tests_unit_workload_conformance_test_LDADD = $(unit_ldadd)
tests_unit_workload_conformance_test_LDFLAGS = $(workload_wraps) \
	-Wl,--wrap=vb_container_open,--wrap=poll
tests_unit_workload_mdev_test_SOURCES = tests/unit/workload-mdev-test.c $(workload_helper)
tests_unit_workload_mdev_test_CFLAGS = $(unit_cflags)
tests_unit_workload_mdev_test_LDADD = $(unit_ldadd)
tests_unit_workload_mdev_test_LDFLAGS = $(workload_wraps) \
	-Wl,--wrap=vb_mdev_remove,--wrap=vb_mdev_create,--wrap=vb_mdev_close \
	-Wl,--wrap=vb_sysfs_exists
tests_unit_workload_memlock_test_SOURCES = tests/unit/workload-memlock-test.c $(workload_helper)
tests_unit_workload_memlock_test_CFLAGS = $(unit_cflags)
tests_unit_workload_memlock_test_LDADD = $(unit_ldadd)
tests_unit_workload_memlock_test_LDFLAGS = $(workload_wraps) \
	-Wl,--wrap=vb_container_open,--wrap=vb_locked_read,--wrap=setgroups,--wrap=setresgid \
	-Wl,--wrap=setresuid,--wrap=io_uring_register_buffers,--wrap=io_uring_unregister_buffers
tests_unit_workload_pressure_test_SOURCES = tests/unit/workload-pressure-test.c $(workload_helper)
tests_unit_workload_pressure_test_CFLAGS = $(unit_cflags)
tests_unit_workload_pressure_test_LDADD = $(unit_ldadd)
tests_unit_workload_pressure_test_LDFLAGS = $(workload_wraps) \
	-Wl,--wrap=vb_memory_pfns,--wrap=vb_own_foll_pins,--wrap=vb_locked_read
tests_unit_workload_type1_test_SOURCES = tests/unit/workload-type1-test.c $(workload_helper)
tests_unit_workload_type1_test_CFLAGS = $(unit_cflags)
tests_unit_workload_type1_test_LDADD = $(unit_ldadd)
tests_unit_workload_type1_test_LDFLAGS = $(workload_wraps)
tests_unit_workload_test_SOURCES = tests/unit/workload-test.c $(workload_helper)
tests_unit_workload_test_CFLAGS = $(unit_cflags)
tests_unit_workload_test_LDADD = $(unit_ldadd)
tests_unit_workload_test_LDFLAGS = $(workload_wraps)

# The statistics: against R's answers, which wilcox.R makes anew where R is.
check_PROGRAMS += tests/unit/compare-test
TESTS += tests/unit/compare-test
tests_unit_compare_test_SOURCES = tests/unit/compare-test.c tests/unit/compare-helper.h
tests_unit_compare_test_CFLAGS = $(unit_cflags)
tests_unit_compare_test_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/stats-test
TESTS += tests/unit/stats-test
tests_unit_stats_test_SOURCES = tests/unit/stats-test.c
tests_unit_stats_test_CFLAGS = $(unit_cflags)
tests_unit_stats_test_LDADD = $(unit_ldadd)

stats_tests = tests/unit/order-test tests/unit/slope-test tests/unit/stats-series-test
check_PROGRAMS += $(stats_tests)
TESTS += $(stats_tests)
tests_unit_order_test_SOURCES = tests/unit/order-test.c
tests_unit_order_test_CFLAGS = $(unit_cflags)
tests_unit_order_test_LDADD = $(unit_ldadd)
tests_unit_slope_test_SOURCES = tests/unit/slope-test.c tests/stats/simulate.h
tests_unit_slope_test_CFLAGS = $(unit_cflags)
tests_unit_slope_test_LDADD = libbench.a $(unit_ldadd)
tests_unit_stats_series_test_SOURCES = tests/unit/stats-series-test.c tests/stats/simulate.h
tests_unit_stats_series_test_CFLAGS = $(unit_cflags)
tests_unit_stats_series_test_LDADD = $(unit_ldadd)
endif

job_sh_tests = tests/cli/conformance-test.sh tests/cli/job-list-test.sh
TESTS += $(job_sh_tests)
EXTRA_DIST += $(job_sh_tests)

TESTS += tests/cli/ab-test.sh
EXTRA_DIST += tests/cli/ab-test.sh

# Machines that were captured, and bind's answer for each device of theirs.
TESTS += tests/cli/machines-test.sh
EXTRA_DIST += tests/cli/machines-test.sh tests/machines.py tests/machines

TESTS += tests/cli/fault-scripts-test.sh
EXTRA_DIST += tests/cli/fault-scripts-test.sh

TESTS += tests/cli/bind-test.sh
EXTRA_DIST += tests/cli/bind-test.sh tests/lab/bind-test.sh

TESTS += tests/cli/restore-test.sh
EXTRA_DIST += tests/cli/restore-test.sh

TESTS += tests/cli/skip-test.sh
EXTRA_DIST += tests/cli/skip-test.sh tests/lab/experiments-test.sh

TESTS += tests/cli/accounts-test.sh
EXTRA_DIST += tests/cli/accounts-test.sh

TESTS += tests/cli/doctor-test.sh tests/cli/noise-test.sh
EXTRA_DIST += tests/cli/doctor-test.sh tests/cli/noise-test.sh

TESTS += tests/cli/headers-test.sh
EXTRA_DIST += tests/cli/headers-test.sh

# In the lab: tests/lab/edu-dma-test.sh.
check_PROGRAMS += tests/lab/edu-dma
tests_lab_edu_dma_SOURCES = tests/lab/edu-dma.c
tests_lab_edu_dma_LDADD = libvfiobench.a
EXTRA_DIST += tests/lab/edu-dma-test.sh tests/lab/kernel-smoke-test.sh

TESTS += tests/cli/measure-test.sh
EXTRA_DIST += tests/cli/measure-test.sh

TESTS += tests/cli/variant-test.sh
EXTRA_DIST += tests/cli/variant-test.sh tests/lab/variant-test.sh \
	tests/unit/topology/no-cpus.xml tests/unit/topology/no-memory.xml \
	tests/unit/topology/two-nodes.xml

TESTS += tests/cli/kill-result-test.sh tests/cli/report-test.sh tests/cli/soak-test.sh \
	tests/cli/stopped-run-test.sh
EXTRA_DIST += tests/cli/kill-result-test.sh tests/cli/report-test.sh tests/cli/soak-test.sh \
	tests/cli/stopped-run-test.sh \
	tests/soak_files.py \
	tests/soak_other_boot.py

TESTS += tests/cli/bad-input-test.sh
EXTRA_DIST += tests/bad-input.sh tests/result.py tests/tap.sh tests/cli/bad-input-test.sh \
	tests/lab/bad-input-test.sh

TESTS += tests/cli/bisect-step-test.sh tests/cli/compare-test.sh tests/cli/compare-mail-test.sh
EXTRA_DIST += tests/cli/bisect-step-test.sh tests/cli/compare-test.sh tests/cli/compare-mail-test.sh tests/lab/bisect-test.sh \
	tests/bench/compare-size.sh

# The companion module's ioctls, in the lab.
check_PROGRAMS += tests/lab/kmod-test
tests_lab_kmod_test_SOURCES = tests/lab/kmod-test.c tests/lab/kmod/ask.c tests/lab/kmod/bad-input.c \
	tests/lab/kmod/charge.c tests/lab/kmod/harness.c tests/lab/kmod/harness.h tests/lab/kmod/iommufd.c \
	tests/lab/kmod/limits.c tests/lab/kmod/load.c tests/lab/kmod/notify.c tests/lab/kmod/pinners.c \
	tests/lab/kmod/process.c tests/lab/kmod/rounds.c
check_PROGRAMS += tests/lab/kmod-fuzz
tests_lab_kmod_fuzz_SOURCES = tests/lab/kmod-fuzz.c tests/lab/kmod/charge.c \
	tests/lab/kmod/fuzz-ioctl.c \
	tests/lab/kmod/fuzz.c tests/lab/kmod/fuzz.h tests/lab/kmod/harness.c \
	tests/lab/kmod/harness.h
TESTS += tests/cli/busted-doc-test.sh
EXTRA_DIST += tests/cli/busted-doc-test.sh tests/lab/kmod-fuzz-test.sh
EXTRA_DIST += tests/lab/busted-test.sh tests/lab/busted/judge.py tests/lab/busted/matrix \
	tests/lab/busted/run-cell.sh tests/lab/busted/run-delay.sh
EXTRA_DIST += tests/lab/acceptance-test.sh tests/lab/deadlock-beside.job tests/lab/kill-test.sh \
	tests/lab/lab-selftest.sh \
	tests/lab/privileges-test.sh tests/lab/restore-test.sh tests/lab/snapshot.sh

TESTS += tests/cli/kernel-test.sh tests/cli/lab-matrix-test.sh
EXTRA_DIST += tests/cli/kernel-test.sh tests/cli/lab-matrix-test.sh

# Every point of failure of a call, on a kernel of scripts/kernel: tests/lab/fail-nth-test.sh.
check_PROGRAMS += tests/lab/fail-nth
tests_lab_fail_nth_SOURCES = tests/lab/fail-nth.c tests/lab/fail-nth-calls.c tests/lab/fail-nth.h
tests_lab_fail_nth_LDADD = libvfiobench.a
EXTRA_DIST += tests/lab/fail-nth-test.sh

# Somebody else's pins, for lifecycle-test.sh.
check_PROGRAMS += tests/lab/pin-toggle
tests_lab_pin_toggle_SOURCES = tests/lab/pin-toggle.c
tests_lab_pin_toggle_LDADD = $(VB_LIBS)
EXTRA_DIST += tests/lab/lifecycle-test.sh tests/lab/stale-dma-test.sh tests/lab/close-race-test.sh
EXTRA_DIST += tests/lab/boot-faults-test.sh tests/lab/fault-test.sh
EXTRA_DIST += tests/lab/kernel.sh tests/lab/conformance-test.sh tests/lab/memlock-test.sh \
	tests/lab/pressure-test.sh tests/lab/iommufd-test.sh tests/lab/type1-test.sh \
	tests/lab/watch-limits.py tests/lab/late-pins-test.sh \
	tests/lab/pins-test.sh

# What devices do; late-unmap is a kernel that is wrong, for device-test.sh.
# at-override makes bind-race-test.sh's worst moment.
check_DATA = tests/lab/at-override.so tests/lab/late-unmap.so
tests/lab/at-override.so: tests/lab/at-override.c
tests/lab/late-unmap.so: tests/lab/late-unmap.c
tests/lab/at-override.so tests/lab/late-unmap.so:
	$(AM_V_CC)$(MKDIR_P) tests/lab && $(CC) -D_GNU_SOURCE $(AM_CFLAGS) $(CFLAGS) -shared -fPIC \
		-o $@ '$(srcdir)'/$(@:.so=.c)
CLEANFILES += tests/lab/at-override.so tests/lab/late-unmap.so
EXTRA_DIST += tests/lab/at-override.c tests/lab/bind-race-test.sh
EXTRA_DIST += tests/lab/device-test.sh tests/lab/late-unmap.c

# The suite's own cost: bare-loop is held against the engine in the lab.
check_PROGRAMS += tests/lab/bare-loop
tests_lab_bare_loop_SOURCES = tests/lab/bare-loop.c
EXTRA_DIST += tests/lab/cost-test.sh tests/lab/exact-repeat-test.sh tests/bench/null-cost.sh

# What ab sees on a rig, an installed tree, whole kernels.
EXTRA_DIST += tests/bench/ab-power.sh tests/lab/install-test.sh tests/lab/lab-ab-test.sh

# What it costs to load results: tests/bench/load-cost.sh BUILD.
check_PROGRAMS += tests/bench/load-cost
tests_bench_load_cost_SOURCES = tests/bench/load-cost.c
tests_bench_load_cost_LDADD = libvfiobench.a $(VB_LIBS)
EXTRA_DIST += tests/bench/load-cost.sh

TESTS += tests/stats/wilcox-test.sh
EXTRA_DIST += tests/stats/wilcox-test.sh tests/stats/wilcox.R tests/stats/wilcox.txt

# How often a comparison is wrong, by simulation.
check_PROGRAMS += tests/stats/aa-simulation
TESTS += tests/stats/aa-simulation
tests_stats_aa_simulation_SOURCES = tests/stats/aa-simulation.c tests/stats/simulate.h
tests_stats_aa_simulation_LDADD = libvfiobench.a

TESTS += tests/cli/report-lkml-test.sh tests/cli/report-html-test.sh \
	tests/cli/report-published-test.sh
EXTRA_DIST += tests/cli/report-lkml-test.sh tests/cli/report-html-test.sh \
	tests/cli/report-published-test.sh \
	tests/report_forms.py tests/chromium.py
TESTS += tests/cli/plots-test.sh
EXTRA_DIST += tests/cli/plots-test.sh tests/plots.py tests/plots_made.py

# Under sanitizers and valgrind, from scripts/check and by hand: doc/testing.md.
EXTRA_DIST += tests/cli/sanitizers-test.sh tests/lab/sanitizers.sh \
	tests/fault-inject/shim.c tests/fault-inject/sweep.py

# Fuzz targets, read from their corpus; tests/fuzz/run has libFuzzer's own builds.
fuzz_replays = \
	tests/fuzz/args-replay tests/fuzz/floor-replay tests/fuzz/job-replay \
	tests/fuzz/journal-replay tests/fuzz/klog-replay tests/fuzz/manifest-replay \
	tests/fuzz/result-replay tests/fuzz/samples-replay
check_PROGRAMS += $(fuzz_replays)
TESTS += tests/fuzz/replay-test.sh
fuzz_replay = tests/fuzz/replay.c tests/fuzz/fuzz.h tests/fuzz/fuzz-json.h
fuzz_ldadd = libbench.a libvfiobench.a $(VB_LIBS)
EXTRA_DIST += tests/fuzz/run tests/fuzz/seeds.py tests/fuzz/replay-test.sh \
	tests/fuzz/corpus tests/fuzz/regress
tests_fuzz_args_replay_SOURCES = tests/fuzz/args-fuzz.c $(fuzz_replay)
tests_fuzz_args_replay_LDADD = $(fuzz_ldadd)
tests_fuzz_args_replay_LDFLAGS = \
	-Wl,--wrap=variant_build,--wrap=variant_current,--wrap=variant_list,--wrap=variant_load \
	-Wl,--wrap=variant_unload,--wrap=vb_cmd_parse,--wrap=vb_compare_side_load \
	-Wl,--wrap=vb_fail,--wrap=vb_report_open,--wrap=vb_result_load \
	-Wl,--wrap=vb_sample_reader_open,--wrap=vb_sample_summary_read,--wrap=vb_session_run \
	-Wl,--wrap=vb_soak_run,--wrap=vb_verdict_foresee
tests_fuzz_floor_replay_SOURCES = tests/fuzz/floor-fuzz.c $(fuzz_replay)
tests_fuzz_floor_replay_LDADD = $(fuzz_ldadd)
tests_fuzz_job_replay_SOURCES = tests/fuzz/job-fuzz.c $(fuzz_replay)
tests_fuzz_job_replay_LDADD = $(fuzz_ldadd)
tests_fuzz_journal_replay_SOURCES = tests/fuzz/journal-fuzz.c $(fuzz_replay)
tests_fuzz_journal_replay_LDADD = $(fuzz_ldadd)
tests_fuzz_klog_replay_SOURCES = tests/fuzz/klog-fuzz.c $(fuzz_replay)
tests_fuzz_klog_replay_LDADD = $(fuzz_ldadd)
tests_fuzz_manifest_replay_SOURCES = tests/fuzz/manifest-fuzz.c $(fuzz_replay)
tests_fuzz_manifest_replay_LDADD = $(fuzz_ldadd)
tests_fuzz_result_replay_SOURCES = tests/fuzz/result-fuzz.c $(fuzz_replay)
tests_fuzz_result_replay_LDADD = $(fuzz_ldadd)
tests_fuzz_result_replay_LDFLAGS = -Wl,--wrap=vb_plot_exec
tests_fuzz_samples_replay_SOURCES = tests/fuzz/samples-fuzz.c $(fuzz_replay)
tests_fuzz_samples_replay_LDADD = $(fuzz_ldadd)
