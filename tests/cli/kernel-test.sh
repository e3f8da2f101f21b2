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
fragments=$top/scripts/kernels
# shellcheck source=scripts/kernels/fragments.sh
. "$fragments/fragments.sh"

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

# asked NAME: the options that it asks for, a line each.
asked()
{
	parse_name "$1" && options_of "$kind" "${series:-$SERIES_OF_CHECKS}"
}

# A .config that has what NAME asks for: what kconfig would write, had it dropped nothing.
whole_config()
{
	asked "$1" >"$work/config"
}

# changed NAME SED TEXT: with this edit of the .config, TEXT is named.
changed()
{
	whole_config "$1"
	sed -i "$2" "$work/config"
	exits 1 "$3" "$kernel" check-config "$1" "$work/config"
}

# Each kernel that looks for faults on each series, and the others.
all_names()
{
	local each on

	for each in $("$kernel" names); do
		printf '%s\n' "$each"
		[[ $each == v* ]] || for on in "${SERIES_KNOWN[@]}"; do
			printf '%s-%s\n' "$each" "$on"
		done
	done
}

every_fragment_agrees()
{
	local each

	for each in $(all_names); do
		whole_config "$each"
		"$kernel" check-config "$each" "$work/config" || return
	done
}

# options FILE...: each option that a line of these names, without a range before it.
options()
{
	sed -nE 's/^# (CONFIG_[A-Z0-9_]+) is not set$/\1/p; s/^(CONFIG_[A-Z0-9_]+)=.*/\1/p' "$@"
}

# Fragments are made for one machine: nothing may be asked for twice, in two ways. nomdev is
# there to ask for something else than all the others.
no_contradiction()
{
	local each base=$top/scripts/kernels/base.config

	is "$(options "$base" | sort | uniq -d)" "" || return
	for each in "$top"/scripts/kernels/*.config; do
		[[ $each != "$base" && $each != */nomdev.config ]] || continue
		is "$(options "$base" "$each" | sort | uniq -d)" "" || return
	done
	asked nomdev | grep -qx '# CONFIG_VFIO_MDEV is not set' && ! asked nomdev | grep -qx CONFIG_VFIO_MDEV=m
}

# Every line is one that the filter knows: an option, with or without a range before it.
every_line_is_read()
{
	local strange

	strange=$(grep -nvE '^$|^#( [^C].*)?$|^(\[([0-9]+\.[0-9]+)?\.\.([0-9]+\.[0-9]+)?\] )?(CONFIG_[A-Z0-9_]+=[ym0-9]+|# CONFIG_[A-Z0-9_]+ is not set)$' \
		"$fragments"/*.config) || true
	is "$strange" ""
}

# has NAME OPTION YES: it asks for the option, or (no) does not.
has()
{
	local found=no

	! asked "$1" | grep -qxF -- "$2" || found=yes
	is "$found" "$3"
}

series_decides()
{
	has v5.10 CONFIG_VFIO_MDEV_DEVICE=m yes && has v6.1 CONFIG_VFIO_MDEV_DEVICE=m no &&
		has v6.1 CONFIG_IOMMUFD=m no && has v6.12 CONFIG_IOMMUFD=m yes &&
		has debug-7.2 CONFIG_IOMMUFD=m yes && has debug CONFIG_IOMMUFD=m no &&
		has v6.12 CONFIG_PREEMPT_VOLUNTARY=y yes && has v7.2 CONFIG_PREEMPT_VOLUNTARY=y no &&
		has v7.2 CONFIG_PREEMPT_LAZY=y yes
}

# A series is two numbers: 6.9 is before 6.12.
series_are_numbers()
{
	has v6.9 CONFIG_PREEMPT_VOLUNTARY=y yes && has v6.9 CONFIG_VFIO_GROUP=y yes &&
		has v5.9 CONFIG_VIRTIO_IOMMU=y no
}

# A kernel for times looks for nothing: what makes a result say so is in none.
production_is_quiet()
{
	local each

	for each in "${SERIES_KNOWN[@]}"; do
		! asked "v$each" | grep -E '^CONFIG_(KASAN|KCSAN|UBSAN|LOCKDEP|PROVE_|FAULT_|DEBUG_(VM|LIST|SG|ATOMIC|KMEM))' ||
			return
	done
}

# What Debian's archive would answer, without it: apt-get, apt-cache. $archive/uri is the
# mirror, $archive/down says that it does not answer, $archive/version what it has.
make_archive()
{
	archive=$work/archive
	mkdir -p "$archive/bin" "$archive/deb/DEBIAN" "$archive/deb/usr/src"
	echo http://mirror.invalid/debian/ Debian >"$archive/uri"
	echo 9.9.1-1 >"$archive/version"
	printf 'Package: linux-source-9.9\nVersion: 9.9.1-1\nArchitecture: all\nMaintainer: x <x@x>\nDescription: x\n' \
		>"$archive/deb/DEBIAN/control"
	mkdir "$work/linux" && echo tree >"$work/linux/Makefile"
	tar -cJf "$archive/deb/usr/src/linux-source-9.9.tar.xz" -C "$work" linux
	dpkg-deb --root-owner-group -b "$archive/deb" "$archive/x.deb" >/dev/null
	cat >"$archive/bin/apt-get" <<-END
	#!/bin/bash
	case " \$* " in
	*" indextargets "*) cat "$archive/uri" ;;
	*" update "*) [[ ! -e $archive/down ]] || { echo "E: no route"; exit 100; } ;;
	*" download "*) [[ " \$* " == *" linux-source-9.9=9.9.1-1 "* ]] && cp "$archive/x.deb" . ;;
	esac
	END
	cat >"$archive/bin/apt-cache" <<-END
	#!/bin/bash
	printf 'linux-source-9.9:\n  Candidate: %s\n' "\$(<"$archive/version")"
	END
	chmod +x "$archive/bin"/*
}

source_of()
{
	PATH=$archive/bin:$PATH "$top/scripts/kernel-source" "$@"
}

source_is_fetched_once()
{
	local got

	got=$(source_of 9.9 2>"$work/out") || return
	is "$got" "$work/cache/kernel-package/linux-source-9.9_9.9.1-1.tar.xz" &&
		is "$(tar -xOf "$got" linux/Makefile)" tree || return
	touch "$archive/down"
	is "$(source_of 9.9)" "$got" && is "$(source_of --cached 9.9)" "$got"
	rm "$archive/down"
}

mirror_is_down()
{
	touch "$archive/down"
	exits 4 "no route" source_of 9.8
	rm "$archive/down"
}

suite_has_it_not()
{
	echo '(none)' >"$archive/version"
	exits 4 "give a kernel tree with --source" source_of 9.8
}

no_mirror()
{
	echo http://mirror.invalid/ubuntu/ Ubuntu >"$archive/uri"
	exits 4 "no mirror of Debian" source_of 9.8
}

knows_the_names()
{
	"$kernel" names >"$work/names" && "$top/scripts/kernel-image" --list >"$work/images" || return
	is "$(grep -xcE 'debug|faults|kcsan|nomdev|v5.10|v6.1|v6.12|v7.2' "$work/names")" 8 &&
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
check "every line of a fragment is an option" every_line_is_read
check "a series has its options, and no other's" series_decides
check "series are compared as numbers" series_are_numbers
check "kernels for times look for no faults" production_is_quiet
check "an option that was dropped is named" changed debug '/^CONFIG_KASAN=y/d' "CONFIG_KASAN=y, and is not set"
check "a module that was to be built in" changed debug 's/^CONFIG_PCI=y/CONFIG_PCI=m/' \
	"CONFIG_PCI=y, and is CONFIG_PCI=m"
check "an option that was to be off" changed faults '1iCONFIG_LOCKDEP=y' \
	"CONFIG_LOCKDEP not set, and is CONFIG_LOCKDEP=y"
check "another value" changed kcsan 's/^CONFIG_NR_CPUS=.*/CONFIG_NR_CPUS=2/' "CONFIG_NR_CPUS=16"
check "no such kernel" exits 1 "there are: debug" "$kernel" build nope
check "no path in a name" exits 1 "unknown kernel" "$kernel" path ../kernels/debug
check "base is none" exits 1 "unknown kernel" "$kernel" path base
check "production has a series" exits 1 "unknown kernel" "$kernel" path production
check "a series that is none" exits 1 "unknown kernel" "$kernel" path v7
check "a series for a name that has one" exits 1 "leave --series out" "$kernel" path v7.2 --series 6.1
check "--series" exits 1 "--series seven" "$kernel" path debug --series seven
check "no source, and nothing is fetched for a path" exits 4 "fetches and builds it" \
	"$kernel" path debug --series 9.7
check "no name" exits 1 "needs a kernel's name" "$kernel" build
check "no command" exits 1 "unknown command" "$kernel" make
check "no such option" exits 1 "unknown option" "$kernel" build --fast
check "jobs" exits 1 "--jobs 0" "$kernel" build debug --jobs 0
check "no such source" exits 1 "no kernel source" "$kernel" build debug --source "$work/nothing"
check "a folder that is no kernel's tree" no_tree
check "no such .config" exits 1 "cannot read" "$kernel" check-config debug "$work/nothing"
check "a folder that is no kernel" exits 1 "not a kernel of" "$kernel" modules "$work/" --build "$work"
check "kernel-source: no series" exits 1 "no series" "$top/scripts/kernel-source"
check "kernel-source: a path is none" exits 1 "give one such as" "$top/scripts/kernel-source" ../6.1
if command -v dpkg-deb >/dev/null && [[ -r /usr/share/keyrings/debian-archive-keyring.gpg ]]; then
	make_archive
	check "a source is fetched, and then is there" source_is_fetched_once
	check "a mirror that does not answer" mirror_is_down
	check "a suite without it" suite_has_it_not
	check "a machine with no mirror of Debian" no_mirror
else
	skip "a source is fetched" "not Debian"
fi
if compgen -G '/usr/src/linux-source-6.1.tar.*' >/dev/null; then
	check "what is not built has no path" exits 4 "build it" "$kernel" path debug
	check "nor for the lab" exits 4 "build it" "$top/scripts/kernel-image" --dir "$work/cache" debug
	check "the list says so" list_says_not_built
else
	skip "what is not built has no path" "no linux-source-6.1"
fi
tap_end
