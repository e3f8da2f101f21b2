#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The companion module under random sequences (tests/lab/kmod-fuzz.c), on a type1
# without the deadlock, where threads unmap at once, and on the kernel's own. TAP;
# in the lab's guest, with the variants built.
#
#   kmod-fuzz-test.sh BUILD [SECONDS [SEED...]]    default: 12 s on each, seed 1
#
# With a debug kernel: each seed for so long, and what kmemleak finds at the end.

# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
build=${1:?}
seconds=${2:-12}
seeds=("${@:3}")
((${#seeds[@]})) || seeds=(1)
readonly leaks=/sys/kernel/debug/kmemleak
readonly bench=$build/vfio-bench

# What it did is told, whether it went well or not.
fuzz()
{
	local status=0

	"$build/tests/lab/kmod-fuzz" "$@" >/run/fuzz.log 2>&1 || status=$?
	sed 's/^/# /' /run/fuzz.log >&"$told"
	if ((status)); then
		grep -E '^not ok|^# kernel|Bail' /run/fuzz.log || tail -n 5 /run/fuzz.log
	fi
	return "$status"
}

# kmemleak looks twice: a pointer can be on its way from one place to another.
no_leak()
{
	# it turns itself off where it gets no memory, and finds nothing then
	echo scan >"$leaks" || return 1
	sleep 5
	echo scan >"$leaks" || return 1
	! grep -A 20 'unreferenced object' "$leaks"
}

exec {told}>&1
if [[ -e /sys/module/vfio_mdev ]]; then
	skip "a type1 without the deadlock is loaded" "this kernel's own has none"
else
	check "a type1 without the deadlock is loaded" "$bench" variant load per-dma-ordered
fi
for seed in "${seeds[@]}"; do
	check "seed $seed, $seconds s, four threads at once" fuzz "$seed" "$seconds" 4
done
check "it can be unloaded" "$bench" variant unload --all
if [[ -e /sys/module/vfio_mdev ]]; then
	skip "on the kernel's own" "that it was"
elif [[ -e /proc/lockdep ]]; then
	skip "on the kernel's own" "lockdep would report its deadlock, and nothing more"
else
	check "seed ${seeds[0]}, $seconds s, on the kernel's own, one unmap at a time" \
		fuzz "${seeds[0]}" "$seconds"
fi
check "the module can be removed" rmmod vfio_bench
if [[ -e $leaks ]]; then
	check "kmemleak finds nothing" no_leak
else
	skip "kmemleak finds nothing" "this kernel has none"
fi
tap_end
