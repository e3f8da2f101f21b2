#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The suite from an installed tree, with the module that DKMS built: TAP on
# stdout. Runs on the host and boots the lab:
#   tests/lab/install-test.sh
# VFIO_BENCH_BUILD: a build folder whose configuration is taken over.

# Functions are called through check.
# shellcheck disable=SC2317

set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
readonly top
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
readonly build=${VFIO_BENCH_BUILD:?the build folder}
scratch=$(mktemp -d)
readonly scratch prefix=$scratch/prefix
trap 'rm -rf "$scratch"' EXIT
kdir=$(sed -n 's/^KDIR = //p' "$build/Makefile")
krel=$(sed -n 's/^KREL = //p' "$build/Makefile")
version=$(sed -n 's/^VERSION = //p' "$build/Makefile")
readonly kdir krel version log=$scratch/log
mkdir "$scratch/dkms" "$scratch/lab"
export VFIO_BENCH_CACHE=${VFIO_BENCH_CACHE:-$build/lab}
unset VFIO_BENCH_BUILD

tap_why()
{
	tail -n 20 "$log"
}

install_it()
{
	mkdir "$scratch/build" && cd "$scratch/build" &&
		"$top/configure" --prefix="$prefix" --with-kernel="$kdir" >"$log" 2>&1 &&
		make -j"$(nproc)" >>"$log" 2>&1 && make install >>"$log" 2>&1
}

dkms_own()
{
	"${DKMS:-dkms}" "$@" --dkmstree "$scratch/dkms" --sourcetree "$prefix/src" \
		-k "$krel" --kernelsourcedir "$kdir" >"$log" 2>&1
}

# dkms compresses a module as the kernel's own are.
unpack_module()
{
	local ko

	ko=$(find "$scratch/dkms/vfio-bench/$version/$krel" -name 'vfio_bench.ko*') || return
	mkdir -p "$scratch/lab/kmod"
	case $ko in
	*.ko) cp "$ko" "$scratch/lab/kmod/" ;;
	*.ko.xz) xz -dc "$ko" >"$scratch/lab/kmod/vfio_bench.ko" ;;
	*.ko.gz) gzip -dc "$ko" >"$scratch/lab/kmod/vfio_bench.ko" ;;
	*.ko.zst) zstd -qdc "$ko" >"$scratch/lab/kmod/vfio_bench.ko" ;;
	*) return 1 ;;
	esac
}

same_kernel()
{
	[[ $(modinfo -F vermagic "$scratch/lab/kmod/vfio_bench.ko") == \
	   $(modinfo -F vermagic "$build/kmod/vfio_bench.ko") ]]
}

build_variants()
{
	"$prefix/bin/vfio-bench" variant build --kernel-dir "$kdir" mainline per-request >"$log" 2>&1
}

in_guest()
{
	(cd "$scratch" && "$top/scripts/lab" --build "$scratch/lab" --out "$scratch/out" "$@") \
		>"$log" 2>&1
}

# What a user types on a machine with the suite installed; $1: the program.
# shellcheck disable=SC2016	# expanded in the guest
readonly commands='
	set -e
	"$1" variant list
	"$1" bind "$LAB_EDU"
	"$1" ab --arm A=mainline --arm B=per-request --pairs 3 notify-span \
		--device "$LAB_EDU" --set count=64 --set pin_every=1 --output "$LAB_OUT/result"
	"$1" unbind "$LAB_EDU"
	"$1" report "$LAB_OUT/result"
'

both_arms()
{
	local arm

	for arm in A B; do
		compgen -G "$scratch/out/result/runs/*-$arm/result.json" >/dev/null || return
	done
}

formats()
{
	local format

	for format in --lkml --markdown --html; do
		"$prefix/bin/vfio-bench" report "$scratch/out/result" "$format" >"$log" || return
		grep -q per-request "$log" || return
	done
}

if ! command -v "${DKMS:-dkms}" >/dev/null; then
	printf '1..0 # SKIP no dkms\n'
	exit 0
fi
check "make install" install_it
check "the man page is there" test -s "$prefix/share/man/man1/vfio-bench.1"
check "dkms takes the source" dkms_own add -m vfio-bench -v "$version"
check "dkms builds it" dkms_own build -m vfio-bench -v "$version"
check "its module is there" unpack_module
check "it is for the kernel asked for" same_kernel
check "variants are built by the installed program" build_variants
check "they are where it looks for them" \
	test -s "$prefix/var/lib/vfio-bench/variants/$krel/mainline/vfio_iommu_type1_mainline.ko"
check "a comparison in the lab" in_guest --exact --timeout 200 -- \
	/bin/sh -c "$commands" sh "$prefix/bin/vfio-bench"
check "both arms ran" both_arms
check "it is told in every format" formats
check "make uninstall" make -C "$scratch/build" uninstall
check "nothing but variants is left" \
	test -z "$(find "$prefix" -type f -not -path '*/var/lib/vfio-bench/*' -print -quit)"
tap_end
