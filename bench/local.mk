# SPDX-License-Identifier: GPL-2.0-or-later
# Everything but main.c is a library too, so that unit tests reach it.
noinst_LIBRARIES += libbench.a
libbench_a_SOURCES = \
	bench/cmd/cmd.h bench/cmd/cmds.h \
	bench/cmd/cmd_list.c \
	bench/cmd/ab.c \
	bench/cmd/bind.c bench/cmd/bind-args.c bench/cmd/bind-common.h \
	bench/cmd/bind-explain.c \
	bench/cmd/compare.c \
	bench/cmd/doctor.c bench/cmd/doctor.h bench/cmd/doctor-host.c \
	bench/cmd/doctor-timing.c bench/cmd/doctor-vfio.c \
	bench/cmd/list.c \
	bench/cmd/message.c \
	bench/cmd/parse.c \
	bench/cmd/restore.c \
	bench/cmd/samples.c \
	bench/cmd/soak.c \
	bench/cmd/unbind.c \
	bench/cmd/verdict.c bench/cmd/verdict.h bench/cmd/verdict-ab.c \
	bench/cmd/report.c \
	bench/cmd/run.c \
	bench/cmd/session-args.c bench/cmd/session-args.h \
	bench/cmd/variant.c bench/cmd/variant.h bench/cmd/variant-build.c \
	bench/cmd/variant-list.c bench/cmd/variant-load.c \
	bench/compare/cell.c \
	bench/compare/collect.c \
	bench/compare/compare.c bench/compare/compare.h bench/compare/compare_impl.h \
	bench/compare/decide.c \
	bench/compare/environment.c \
	bench/compare/floor.c bench/compare/floor.h bench/compare/floor_impl.h \
	bench/compare/floor_file.c \
	bench/compare/gate.c bench/compare/gate.h bench/compare/guard.c \
	bench/compare/json.c \
	bench/compare/primary.c \
	bench/compare/settings.c \
	bench/compare/side.c \
	bench/compare/shifts.c \
	bench/compare/text.c \
	bench/engine/job.h bench/engine/job_entry.h bench/engine/job_impl.h \
	bench/engine/job_path.h bench/engine/job_published.h bench/engine/job_stat.h \
	bench/engine/published.h \
	bench/engine/job.c \
	bench/engine/job_entry.c \
	bench/engine/job_error.c \
	bench/engine/job_expand.c \
	bench/engine/job_keys.c \
	bench/engine/job_path.c \
	bench/engine/job_published.c \
	bench/engine/job_rules.c \
	bench/engine/job_stat.c \
	bench/engine/job_sweep.c \
	bench/engine/job_value.c \
	bench/engine/job_write.c \
	bench/engine/abilities.c bench/engine/abilities.h \
	bench/engine/arm.c bench/engine/arm.h \
	bench/engine/answers.h \
	bench/engine/arrival.c bench/engine/arrival.h \
	bench/engine/audit.c bench/engine/audit.h \
	bench/engine/audit_conformance.c bench/engine/audit_conformance.h \
	bench/engine/audit_listeners.c bench/engine/audit_listeners.h \
	bench/engine/audit_log.c bench/engine/audit_log.h \
	bench/engine/beacon.c bench/engine/beacon.h \
	bench/engine/changes.c bench/engine/changes.h \
	bench/engine/child.c bench/engine/child.h \
	bench/engine/cold.c bench/engine/cold.h \
	bench/engine/edge.c bench/engine/edge.h \
	bench/engine/conformance.c bench/engine/conformance.h bench/engine/conformance_impl.h \
	bench/engine/conformance_answer.c \
	bench/engine/container.c bench/engine/container.h \
	bench/engine/container_device.c bench/engine/container_device.h \
	bench/engine/guard.h \
	bench/engine/intervals.c bench/engine/intervals.h \
	bench/engine/janitor.c bench/engine/janitor.h \
	bench/engine/last_ops.c bench/engine/last_ops.h \
	bench/engine/layout.c bench/engine/layout.h \
	bench/engine/live.c bench/engine/live.h \
	bench/engine/memory_seen.c bench/engine/memory_seen.h \
	bench/engine/names.c bench/engine/shared.h \
	bench/engine/noise_gate.c bench/engine/noise_gate.h \
	bench/engine/noise_watch.c bench/engine/noise_watch.h \
	bench/engine/own.c bench/engine/own.h \
	bench/engine/op_dma.c bench/engine/op_dma.h \
	bench/engine/ops.c bench/engine/worker.c bench/engine/worker.h \
	bench/engine/pages.c bench/engine/pages.h \
	bench/engine/paths.c bench/engine/paths.h \
	bench/engine/plan.c bench/engine/plan.h \
	bench/engine/privileges.c bench/engine/privileges.h \
	bench/engine/preflight.c bench/engine/preflight.h bench/engine/preflight_room.c \
	bench/engine/record.c bench/engine/record.h \
	bench/engine/record_load.c bench/engine/record_load.h \
	bench/engine/sampling.c bench/engine/sampling.h \
	bench/engine/schedule.c bench/engine/schedule.h \
	bench/engine/session.c bench/engine/session.h bench/engine/session_impl.h \
	bench/engine/session_cells.c \
	bench/engine/session_conformance.c \
	bench/engine/session_noise.c \
	bench/engine/session_output.c \
	bench/engine/session_plan.c \
	bench/engine/session_prepare.c \
	bench/engine/session_resume.c \
	bench/engine/session_run.c \
	bench/engine/shuffle.c bench/engine/shuffle.h \
	bench/engine/supervisor.c bench/engine/supervisor.h \
	bench/engine/tracing.c bench/engine/tracing.h \
	bench/engine/watchdog.c bench/engine/watchdog.h \
	bench/report/build.c bench/report/build.h \
	bench/report/build_audit.c \
	bench/report/build_compare.c bench/report/build_compare.h \
	bench/report/build_conformance.c \
	bench/report/build_environment.c \
	bench/report/build_metrics.c \
	bench/report/build_published.c \
	bench/report/build_reproduce.c \
	bench/report/build_runs.c \
	bench/report/build_setup.c \
	bench/report/build_span.c \
	bench/report/build_state.c \
	bench/report/build_steady.c \
	bench/report/build_summary.c \
	bench/report/csv.c bench/report/csv.h \
	bench/report/doc.c bench/report/doc.h \
	bench/report/doc_clean.c bench/report/doc_clean.h \
	bench/report/html_style.c bench/report/html_style.h \
	bench/report/metrics.c bench/report/metrics.h \
	bench/report/palette.h bench/report/plots.h bench/report/plot_impl.h \
	bench/report/plots.c \
	bench/report/published.c bench/report/published.h \
	bench/report/plot_distribution.c \
	bench/report/plot_draw.c \
	bench/report/plot_exec.c \
	bench/report/plot_growth.c \
	bench/report/plot_span.c \
	bench/report/plot_svg.c \
	bench/report/between.c bench/report/between.h \
	bench/report/reason.c bench/report/reason.h \
	bench/report/render_html.c bench/report/render_impl.h \
	bench/report/render_markdown.c \
	bench/report/render_table.c \
	bench/report/render_text.c \
	bench/report/plot_breakdown.c \
	bench/report/plot_heatmap.c \
	bench/report/plot_numa.c \
	bench/report/plot_pairs.c \
	bench/report/plot_sweep.c bench/report/plot_sweep.h \
	bench/report/plot_topology.c \
	bench/report/report.h \
	bench/report/runs.c \
	bench/report/saturation.c bench/report/saturation.h \
	bench/report/span.c \
	bench/report/steady.c bench/report/steady.h \
	bench/report/values.c bench/report/values.h \
	bench/report/write.c bench/report/write.h \
	bench/soak/audit.c \
	bench/soak/choice.c \
	bench/soak/copy.c \
	bench/soak/cycle.c \
	bench/soak/failure.c \
	bench/soak/jobs.c \
	bench/soak/leaks.c \
	bench/soak/lock.c \
	bench/soak/log.c \
	bench/soak/machine.c bench/soak/machine.h \
	bench/soak/outcome.c \
	bench/soak/process.c \
	bench/soak/remove.c \
	bench/soak/resume.c \
	bench/soak/setup.c \
	bench/soak/soak.c bench/soak/soak.h bench/soak/soak_impl.h \
	bench/soak/state.c \
	bench/soak/status.c \
	bench/soak/stopped.c \
	bench/soak/summary.c \
	bench/soak/timeline.c bench/soak/timeline.h \
	bench/soak/trend.c bench/soak/trend.h \
	bench/workload/list.c bench/workload/workload.h \
	bench/workload/conformance/ask.c bench/workload/conformance/ask.h \
	bench/workload/conformance/callback.c \
	bench/workload/conformance/concurrent.c \
	bench/workload/conformance/dirty.c \
	bench/workload/conformance/lifetime.c \
	bench/workload/conformance/map.c \
	bench/workload/conformance/pin.c \
	bench/workload/conformance/unmap.c \
	bench/fault/list.c bench/fault/fault.h bench/fault/common/common.h \
	bench/fault/common/disk.c \
	bench/fault/common/holder.c \
	bench/fault/common/inside.c \
	bench/fault/common/machine.c \
	bench/fault/common/memlock.c \
	bench/fault/common/process.c \
	bench/fault/common/result.c \
	bench/fault/common/setting.c \
	$(workload_sources) $(fault_sources)
nodist_libbench_a_SOURCES = bench/workload/workloads.h bench/fault/faults.h

# The list of workloads: one file, one line.
workload_sources = \
	bench/workload/close_race.c \
	bench/workload/conformance.c \
	bench/workload/container_churn.c \
	bench/workload/device_open_close.c \
	bench/workload/device_reset.c \
	bench/workload/direct_read.c \
	bench/workload/dirty_track.c \
	bench/workload/dma_fault.c \
	bench/workload/dma_verify.c \
	bench/workload/entry_limit.c \
	bench/workload/exit_mapped.c \
	bench/workload/fd_pass.c \
	bench/workload/iommufd_change_process.c \
	bench/workload/iommufd_copy.c \
	bench/workload/iommufd_map_file.c \
	bench/workload/irq_latency.c \
	bench/workload/map_cycle.c \
	bench/workload/map_unmap.c \
	bench/workload/mdev_churn.c \
	bench/workload/mdev_open_close.c \
	bench/workload/memlock_edge.c \
	bench/workload/memlock_user.c \
	bench/workload/memory_advise.c \
	bench/workload/memory_fork.c \
	bench/workload/memory_lock.c \
	bench/workload/notify_span.c \
	bench/workload/pin_churn.c \
	bench/workload/region_access.c \
	bench/workload/stale_dma.c \
	bench/workload/unmap_all.c \
	bench/workload/unmap_race.c \
	bench/workload/unmap_split.c \
	bench/workload/uring_buffers.c \
	bench/workload/vaddr_busy.c \
	bench/workload/vaddr_update.c

# By name, not by $@: VPATH could lead that into the source tree.
workload_list = bench/workload/workloads.h
BUILT_SOURCES += bench/workload/workloads.h
CLEANFILES += bench/workload/workloads.h
bench/workload/workloads.h: Makefile
	$(AM_V_GEN)$(MKDIR_P) bench/workload
	$(AM_V_at)for file in $(workload_sources); do basename $$file .c; done | LC_ALL=C sort | \
		$(AWK) '{ print "extern const struct vb_workload_ops vb_workload_" $$1 ";"; \
			all = all " \\\n\t&vb_workload_" $$1 "," } \
			END { print "#define VB_WORKLOADS" all }' >$(workload_list).tmp
	$(AM_V_at)mv -f $(workload_list).tmp $(workload_list)

# The list of faults, likewise: NAME.c with one vb_fault_NAME, its '-' written '_'.
fault_sources = \
	bench/fault/clock-step.c \
	bench/fault/cpu-offline.c \
	bench/fault/deadlock.c \
	bench/fault/device-reset.c \
	bench/fault/disk-full.c \
	bench/fault/dma-unmapped.c \
	bench/fault/entry-limit.c \
	bench/fault/fail-nth.c \
	bench/fault/fork-exit.c \
	bench/fault/fork-keep.c \
	bench/fault/io-error.c \
	bench/fault/kill-map.c \
	bench/fault/kill-pin.c \
	bench/fault/kill-supervisor.c \
	bench/fault/kill-unmap.c \
	bench/fault/kill-worker.c \
	bench/fault/mdev-remove-open.c \
	bench/fault/mdev-remove-pinned.c \
	bench/fault/memlock-exhausted.c \
	bench/fault/memlock-page.c \
	bench/fault/memlock-zero.c \
	bench/fault/node-without-cpus.c \
	bench/fault/oom-worker.c \
	bench/fault/panic.c \
	bench/fault/results-readonly.c \
	bench/fault/rmmod-in-use.c \
	bench/fault/second-instance.c \
	bench/fault/second-signal.c \
	bench/fault/sigint.c \
	bench/fault/sigterm.c

fault_list = bench/fault/faults.h
BUILT_SOURCES += bench/fault/faults.h
CLEANFILES += bench/fault/faults.h
bench/fault/faults.h: Makefile
	$(AM_V_GEN)$(MKDIR_P) bench/fault
	$(AM_V_at)for file in $(fault_sources); do basename $$file .c | tr - _; done | LC_ALL=C sort | \
		$(AWK) '{ print "extern const struct vb_fault_ops vb_fault_" $$1 ";"; \
			all = all " \\\n\t&vb_fault_" $$1 "," } \
			END { print "#define VB_FAULTS" all }' >$(fault_list).tmp
	$(AM_V_at)mv -f $(fault_list).tmp $(fault_list)

bin_PROGRAMS += vfio-bench
vfio_bench_SOURCES = bench/main.c
vfio_bench_LDADD = libbench.a libvfiobench.a $(VB_LIBS)

# Scenarios are data.
jobdir = $(pkgdatadir)/job
dist_job_DATA = \
	bench/job/ab-span.job \
	bench/job/alexw-16g.job \
	bench/job/close-race.job \
	bench/job/combined.job \
	bench/job/conformance.job \
	bench/job/callback-delay.job \
	bench/job/container-churn.job \
	bench/job/deadlock-open-close.job \
	bench/job/deadlock-unmap.job \
	bench/job/device-open-close.job \
	bench/job/device-reset.job \
	bench/job/dirty-track.job \
	bench/job/dma-edu.job \
	bench/job/dma-fault.job \
	bench/job/dma-nvme.job \
	bench/job/entry-limit.job \
	bench/job/exit-pinned.job \
	bench/job/exit-teardown.job \
	bench/job/fd-pass.job \
	bench/job/iommufd-accesses.job \
	bench/job/iommufd-change-process.job \
	bench/job/iommufd-copy.job \
	bench/job/iommufd-map-file.job \
	bench/job/iommufd-modes.job \
	bench/job/iommupt.job \
	bench/job/iova-16t.job \
	bench/job/irq-idle.job \
	bench/job/irq-load.job \
	bench/job/jordan-batch.job \
	bench/job/jordan-mt.job \
	bench/job/lewis-1g.job \
	bench/job/lizhe-16g.job \
	bench/job/lizhe-8g.job \
	bench/job/map-bulk.job \
	bench/job/map-checkerboard.job \
	bench/job/map-fragmented.job \
	bench/job/mdev-create-remove.job \
	bench/job/memlock-edge.job \
	bench/job/memlock-user.job \
	bench/job/notify-listeners.job \
	bench/job/notify-race.job \
	bench/job/notify-span.job \
	bench/job/null.job \
	bench/job/pfnmap-bar.job \
	bench/job/open-close-unmap.job \
	bench/job/pin-batch.job \
	bench/job/pin-hold.job \
	bench/job/pin-nodes.job \
	bench/job/pin-scattered.job \
	bench/job/pins-per-entry.job \
	bench/job/pressure-direct-read.job \
	bench/job/pressure-memory.job \
	bench/job/pressure-mlock.job \
	bench/job/pressure-uring.job \
	bench/job/region-access.job \
	bench/job/saturation.job \
	bench/job/scaling.job \
	bench/job/self-cost.job \
	bench/job/smmu-granule.job \
	bench/job/smoke.job \
	bench/job/stale-dma.job \
	bench/job/unmap-all.job \
	bench/job/unmap-chunk.job \
	bench/job/unmap-race.job \
	bench/job/unmap-split.job \
	bench/job/vaddr-busy.job \
	bench/job/vaddr-update.job

# What kernels are expected to answer to the job conformance.
dist_pkgdata_DATA += bench/conformance.ini
