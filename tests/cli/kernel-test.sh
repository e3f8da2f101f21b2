#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# scripts/kernel, but for the minutes in which it compiles: what it refuses, what it says
# is not built, and that an option that fell out of a .config is named. TAP.
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
kernel=$top/scripts/kernel
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export VFIO_BENCH_CACHE=$work/cache

# exits STATUS TEXT COMMAND...: with this status, saying TEXT.
exits()
{
	local wanted=$1 text=$2 status=0

	shift 2
	"$@" >"$work/out" 2>&1 || status=$?
	if ! is "$status" "$wanted" || ! grep -qF -- "$text" "$work/out"; then
		cat "$work/out"
		return 1
	fi
}

# A .config that has what NAME asks for: what kconfig would write, had it dropped nothing.
whole_config()
{
	cat "$top/scripts/kernels/base.config" "$top/scripts/kernels/$1.config" >"$work/config"
}

# changed NAME SED TEXT: with this edit of the .config, TEXT is named.
changed()
{
	whole_config "$1"
	sed -i "$2" "$work/config"
	exits 1 "$3" "$kernel" check-config "$1" "$work/config"
}

every_fragment_agrees()
{
	local name

	for name in $("$kernel" names); do
		whole_config "$name"
		"$kernel" check-config "$name" "$work/config" || return
	done
}

# Fragments are made for one machine: nothing may be asked for twice, in two ways.
no_contradiction()
{
	local name twice

	for name in $("$kernel" names); do
		twice=$(cat "$top/scripts/kernels/base.config" "$top/scripts/kernels/$name.config" |
			sed -nE 's/^# (CONFIG_[A-Z0-9_]+) is not set$/\1/p; s/^(CONFIG_[A-Z0-9_]+)=.*/\1/p' |
			sort | uniq -d)
		is "$twice" "" || return
	done
}

knows_the_names()
{
	"$kernel" names >"$work/names" && "$top/scripts/kernel-image" --list >"$work/images" || return
	is "$(grep -xcE 'debug|faults|kcsan' "$work/names")" 3 &&
		is "$(grep -xcFf "$work/names" "$work/images")" "$(wc -l <"$work/names")"
}

list_says_not_built()
{
	is "$("$kernel" list | cut -f 2 | sort -u)" "not built"
}

no_tree()
{
	mkdir -p "$work/tree"
	exits 1 "not a kernel tree" "$kernel" build debug --source "$work/tree"
}

check "what there is, kernel-image knows, too" knows_the_names
check "all that a kernel asks for is there: nothing is named" every_fragment_agrees
check "no option is asked for twice" no_contradiction
check "an option that was dropped is named" changed debug '/^CONFIG_KASAN=y/d' "CONFIG_KASAN=y, and is not set"
check "a module that was to be built in" changed debug 's/^CONFIG_PCI=y/CONFIG_PCI=m/' \
	"CONFIG_PCI=y, and is CONFIG_PCI=m"
check "an option that was to be off" changed faults '1iCONFIG_LOCKDEP=y' \
	"CONFIG_LOCKDEP not set, and is CONFIG_LOCKDEP=y"
check "another value" changed kcsan 's/^CONFIG_NR_CPUS=.*/CONFIG_NR_CPUS=2/' "CONFIG_NR_CPUS=16"
check "no such kernel" exits 1 "there are: debug" "$kernel" build nope
check "no path in a name" exits 1 "unknown kernel" "$kernel" path ../kernels/debug
check "base is none" exits 1 "unknown kernel" "$kernel" path base
check "no name" exits 1 "needs a kernel's name" "$kernel" build
check "no command" exits 1 "unknown command" "$kernel" make
check "no such option" exits 1 "unknown option" "$kernel" build --fast
check "jobs" exits 1 "--jobs 0" "$kernel" build debug --jobs 0
check "no such source" exits 1 "no kernel source" "$kernel" build debug --source "$work/nothing"
check "a folder that is no kernel's tree" no_tree
check "no such .config" exits 1 "cannot read" "$kernel" check-config debug "$work/nothing"
check "a folder that is no kernel" exits 1 "not a kernel of" "$kernel" modules "$work/" --build "$work"
if compgen -G '/usr/src/linux-source-6.1.tar.*' >/dev/null; then
	check "what is not built has no path" exits 4 "build it" "$kernel" path debug
	check "nor for the lab" exits 4 "build it" "$top/scripts/kernel-image" --dir "$work/cache" debug
	check "the list says so" list_says_not_built
else
	skip "what is not built has no path" "no linux-source-6.1"
fi
tap_end
