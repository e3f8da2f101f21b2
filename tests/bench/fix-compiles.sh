#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Does the deadlock's fix (doc/findings/deadlock/) apply to these kernels, without fuzz,
# and compile there without a warning? In a minimal configuration with VFIO and
# lockdep, vfio_iommu_type1.o alone. A few minutes for each, most of it tar's and
# the kernel's own tools.
#
#   tests/bench/fix-compiles.sh SOURCE...	kernel trees (copied) or tarballs of them
#
# Debian has such tarballs in its linux-source packages: dpkg-deb -x one of another
# release, and give usr/src/linux-source-X.Y.tar.xz. TAP.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly top
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
fix=$(echo "$top"/doc/findings/deadlock/*.patch)
readonly fix object=drivers/vfio/vfio_iommu_type1.o
work=$(mktemp -d "${TMPDIR:-/tmp}/fix-compiles.XXXXXX")
trap 'rm -rf "$work"' EXIT

tap_why()
{
	tail -n 30 "$work/log"
}

get()
{
	rm -rf "$work/tree"
	mkdir "$work/tree"
	if [[ -d $1 ]]; then
		cp -a "$1/." "$work/tree"
	else
		tar -xf "$1" -C "$work/tree" --strip-components=1
	fi
}

configure()
{
	cat >"$work/fragment" <<-'END'
	CONFIG_64BIT=y
	CONFIG_SMP=y
	CONFIG_MODULES=y
	CONFIG_MULTIUSER=y
	CONFIG_PCI=y
	CONFIG_PCI_MSI=y
	CONFIG_ACPI=y
	CONFIG_EVENTFD=y
	CONFIG_IOMMU_SUPPORT=y
	CONFIG_INTEL_IOMMU=y
	CONFIG_DEBUG_KERNEL=y
	CONFIG_PROVE_LOCKING=y
	CONFIG_VFIO=m
	CONFIG_VFIO_GROUP=y
	CONFIG_VFIO_CONTAINER=y
	CONFIG_VFIO_IOMMU_TYPE1=m
	CONFIG_VFIO_PCI=m
	END
	cd "$work/tree" && make -s tinyconfig && scripts/kconfig/merge_config.sh -m .config \
		"$work/fragment" && make -s olddefconfig &&
		grep -q '^CONFIG_VFIO_IOMMU_TYPE1=m' .config && grep -q '^CONFIG_PROVE_LOCKING=y' .config
}

applies()
{
	patch -p1 --fuzz=0 --forward --batch --reject-file=- -d "$work/tree" <"$fix" >"$work/log" 2>&1
}

compiles()
{
	(configure && make -j"$(nproc)" "$object") >"$work/log" 2>&1 &&
		[[ -s $work/tree/$object ]] && ! grep 'vfio.*warning:' "$work/log"
}

(($#)) || { sed -n '4,13s/^# \{0,1\}//p' "$0"; exit 1; }
for source; do
	get "$source"
	version=$(make -s -C "$work/tree" kernelversion)
	check "$version: the patch applies without fuzz" applies
	check "$version: it compiles without a warning" compiles
done
tap_end
