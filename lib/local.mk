# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libvfiobench.a
libvfiobench_a_SOURCES = \
	lib/device/device.c lib/device/device.h lib/device/devices.h \
	lib/device/edu.c \
	lib/device/irq.c \
	lib/device/none.c \
	lib/device/nvme.c lib/device/nvme.h lib/device/nvme-queue.c \
	lib/iommu/iommu.c lib/iommu/iommu.h lib/iommu/iommus.h \
	lib/iommu/iommufd.c lib/iommu/iommufd-impl.h lib/iommu/iommufd-uapi.h \
	lib/iommu/iommufd-compat.c lib/iommu/iommufd-dirty.c \
	lib/iommu/null.c \
	lib/iommu/type1.c lib/iommu/type1-impl.h \
	lib/iommu/type1-info.c lib/iommu/type1-info.h \
	lib/iommu/type1-migrate.c lib/iommu/type1-v1.c lib/iommu/type1-v2.c \
	lib/machine/bind.c lib/machine/bind.h \
	lib/machine/bind-state.c lib/machine/bind-state.h \
	lib/machine/counters.c \
	lib/machine/counters.h \
	lib/machine/facts.c lib/machine/facts.h lib/machine/facts-internal.h \
	lib/machine/facts-cpu.c lib/machine/facts-iommu.c \
	lib/machine/facts-kernel.c lib/machine/facts-memory.c \
	lib/machine/inuse.c lib/machine/inuse.h lib/machine/inuse-internal.h \
	lib/machine/inuse-block.c lib/machine/inuse-console.c lib/machine/inuse-login.c \
	lib/machine/inuse-net.c lib/machine/inuse-open.c \
	lib/machine/journal.c lib/machine/journal.h lib/machine/journal-internal.h \
	lib/machine/journal-lines.c \
	lib/machine/kernels.c \
	lib/machine/klog.c \
	lib/machine/klog.h \
	lib/machine/klog-internal.h \
	lib/machine/klog-scan.c \
	lib/machine/manifest.c lib/machine/manifest.h \
	lib/machine/memory.c \
	lib/machine/memory.h lib/machine/memory-folios.c lib/machine/memory-pfns.c \
	lib/machine/memory-prefault.c \
	lib/machine/memory-room.c \
	lib/machine/memory-node.h \
	lib/machine/memory-room.h \
	lib/machine/module.c lib/machine/module.h \
	lib/machine/mount-text.c lib/machine/mount-text.h \
	lib/machine/noise.c lib/machine/noise.h lib/machine/noise-internal.h \
	lib/machine/noise-checks.c lib/machine/noise-judge.c \
	lib/machine/noise-settings.c lib/machine/noise-snapshot.c \
	lib/machine/noise-tables.c \
	lib/machine/owner.c \
	lib/machine/pci.c lib/machine/pci.h lib/machine/pci-name.c \
	lib/machine/restore.c lib/machine/restore.h lib/machine/restore-internal.h \
	lib/machine/restore-undo.c \
	lib/machine/stacks.c \
	lib/machine/sysfs.c lib/machine/sysfs.h \
	lib/machine/topology.c \
	lib/machine/topology.h \
	lib/machine/trace.c lib/machine/trace.h lib/machine/trace-internal.h \
	lib/machine/trace-locks.c \
	lib/machine/variant.c lib/machine/variant.h lib/machine/variant-internal.h \
	lib/machine/variant-load.c lib/machine/variant-refs.c \
	lib/machine/vfio-cdev.c lib/machine/vfio-cdev.h \
	lib/machine/vfio-users.c lib/machine/vfio-users.h \
	lib/machine/wall-clock.c lib/machine/wall-clock.h \
	lib/mdev/ioctls.c \
	lib/mdev/mdev.c lib/mdev/mdev.h \
	lib/measure/clock.c lib/measure/clock.h \
	lib/measure/histogram.c lib/measure/histogram.h \
	lib/measure/recorder.c lib/measure/recorder.h \
	lib/measure/sample-format.h \
	lib/measure/samples.c lib/measure/samples.h \
	lib/measure/samples-file.c lib/measure/samples-file.h \
	lib/result/buckets.c lib/result/buckets.h \
	lib/result/check.c lib/result/check.h \
	lib/result/dir.c lib/result/dir.h \
	lib/result/dist.c lib/result/dist.h \
	lib/result/files.c lib/result/files.h \
	lib/result/intervals.c lib/result/intervals.h \
	lib/result/lost.c lib/result/lost.h lib/result/lost-json.c \
	lib/result/load.c lib/result/load.h \
	lib/result/samples.c lib/result/samples.h lib/result/samples-summary.c \
	lib/result/stat.c lib/result/stat.h \
	lib/stats/bootstrap.c lib/stats/bootstrap.h \
	lib/stats/changepoint.c lib/stats/changepoint.h \
	lib/stats/holm.c \
	lib/stats/order.c lib/stats/order.h \
	lib/stats/power.c lib/stats/power.h \
	lib/stats/random.h \
	lib/stats/rank.c lib/stats/rank.h \
	lib/stats/rank-exact.c lib/stats/rank-internal.h \
	lib/stats/select.c \
	lib/stats/slope.c lib/stats/slope.h \
	uapi/vfio_bench.h
