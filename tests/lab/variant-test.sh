#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Variants are loaded, serve new containers and are removed: TAP on stdout. Runs
# in the lab's guest, for whose kernel the variants have been built
# ('vfio-bench variant build --all'): scripts/lab -- tests/lab/variant-test.sh,
# from the build folder.

# Functions are called through check.
# shellcheck disable=SC2317

set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
readonly bench=${VFIO_BENCH_BUILD:-$PWD}/vfio-bench
readonly journal=/run/vfio-bench/variant-loaded
readonly edu=${LAB_EDU:?run this in the lab}
status=0
said=

# What the last run said.
tap_why()
{
	echo "exit status $status"
	printf '%s\n' "$said"
}

# Run 'vfio-bench variant'; its exit status must be $1.
run()
{
	local want=$1

	shift
	status=0
	said=$("$bench" variant "$@" 2>&1) || status=$?
	((status == want))
}

# run, and the text $2 must be in what it says.
says()
{
	run "$1" "${@:3}" && [[ $said == *"$2"* ]]
}

refs_of()
{
	cat "/sys/module/$1/refcnt"
}

loaded()
{
	[[ -d /sys/module/$1 ]]
}

nothing_of_ours()
{
	! compgen -G '/sys/module/vfio_iommu_type1_*' >/dev/null && [[ ! -e $journal ]]
}

# Hold a container with edu's group open until something can be read from stdin.
hold_container()
{
	python3 - "$(basename "$(readlink "/sys/bus/pci/devices/$edu/iommu_group")")" <<-'END'
	import fcntl, os, struct, sys
	container = os.open("/dev/vfio/vfio", os.O_RDWR)
	group = os.open("/dev/vfio/" + sys.argv[1], os.O_RDWR)
	fcntl.ioctl(group, 0x3b68, struct.pack("i", container))	# VFIO_GROUP_SET_CONTAINER
	fcntl.ioctl(container, 0x3b66, 3)				# VFIO_SET_IOMMU, TYPE1v2
	os.open("/run/held", os.O_CREAT)
	os.open("/run/release", os.O_RDONLY)			# a fifo: waits for the writer
	END
}

hold()
{
	rm -f /run/held
	[[ -p /run/release ]] || mkfifo /run/release
	hold_container &
	holder=$!
	for ((i = 0; i < 300; i++)); do
		[[ -e /run/held ]] && return 0
		sleep 0.1
	done
	return 1
}

release()
{
	: >/run/release
	wait "$holder"
}

one_by_one()
{
	local name

	for name in busted-delay busted-mainline busted-per-dma-ordered busted-per-request mainline \
		per-dma-ordered per-dma-v13 per-request per-request-retry; do
		check "load $name" says 0 'new containers get it' load "$name"
		check "$name is current" says 0 "$name" current
		check "$name: the journal names it" grep -q "vfio_iommu_type1_${name//-/_} pid" "$journal"
		check "list shows that $name is loaded" says 0 "$name: loaded" list
		check "unload $name" says 0 "$name: unloaded" unload "$name"
		check "$name has left nothing" nothing_of_ours
		check "stock is current again" says 0 stock current
	done
}

refusals()
{
	check "load per-request" run 0 load per-request
	check "again: loaded already" says 0 'loaded already' load per-request
	check "another one is refused" says 1 'unload per-request' load mainline
	check "unload another one: not loaded" says 0 'mainline: not loaded' unload mainline
	check "per-request is loaded still" loaded vfio_iommu_type1_per_request
	check "unload without a name" says 0 'per-request: unloaded' unload
	check "no variant is left" nothing_of_ours
}

# A container keeps the driver that it got; it can't be pulled away from under it.
containers()
{
	check "load per-dma-ordered" run 0 load per-dma-ordered
	check "a container opens" hold
	check "the variant serves it" test "$(refs_of vfio_iommu_type1_per_dma_ordered)" = 1
	check "stock does not" test "$(refs_of vfio_iommu_type1)" = 0
	check "unload is refused" says 1 'a container still uses it: end python3' unload --all
	check "it stays loaded" loaded vfio_iommu_type1_per_dma_ordered
	check "the journal stays" test -e "$journal"
	check "the container closes" release
	check "then it can be unloaded" run 0 unload --all
	check "and nothing is left" nothing_of_ours
}

others()
{
	check "a container opens on stock" hold
	check "stock serves it" test "$(refs_of vfio_iommu_type1)" = 1
	check "load is refused, and says whose" says 1 'in use by python3 (pid' load per-request
	check "nothing was loaded" nothing_of_ours
	check "acknowledged, it is loaded" run 0 load --acknowledge-others per-request
	check "the container keeps stock" test "$(refs_of vfio_iommu_type1)" = 1
	check "the variant is free to go" run 0 unload per-request
	check "the container closes" release
	check "and nothing is left" nothing_of_ours
}

unfit()
{
	local dir name=unfit release
	release=$(uname -r)

	dir=$(mktemp -d)
	mkdir -p "$dir/$release/$name"
	echo 'no module' >"$dir/$release/$name/vfio_iommu_type1_$name.ko"
	check "what is no module is refused" \
		says 1 'not for this kernel' load --variant-dir "$dir" unfit
	check "and leaves nothing" nothing_of_ours
	cp "$("$bench" variant list --json | sed -n 's/.*"path": "\(.*\/per-request\/vfio_iommu_type1_per_request.ko\)".*/\1/p')" \
		"$dir/$release/$name/vfio_iommu_type1_$name.ko"
	check "a module of another name is refused" \
		says 1 'not for this kernel' load --variant-dir "$dir" unfit
	check "and leaves nothing either" nothing_of_ours
}

parameters()
{
	local values=/sys/module/vfio_iommu_type1_busted_delay/parameters

	check "load with parameters" run 0 load --param delay_permille=7 --param dma_entry_limit=99 \
		busted-delay
	check "the module has the first" test "$(cat $values/delay_permille)" = 7
	check "and the second" test "$(cat $values/dma_entry_limit)" = 99
	check "loaded already: a parameter can't be set" \
		says 1 'unload it first' load --param delay_permille=8 busted-delay
	check "unload it" run 0 unload busted-delay
	check "a parameter that it does not have is refused" \
		says 1 'no such parameter' load --param delay=7 busted-delay
	check "a value of the wrong kind is refused" \
		says 1 refused load --param delay_permille=much busted-delay
	check "stock takes none" says 1 stock load --param dma_entry_limit=1 stock
	check "no parameter at all" says 1 NAME=VALUE load --param delay_permille busted-delay
	check "two in one" says 1 NAME=VALUE load --param 'a=1 b=2' busted-delay
	check "parameters are for load" says 1 'that is for: load' unload --param a=1 busted-delay
	check "and nothing is left" nothing_of_ours
}

"$bench" bind "$edu" >/dev/null
check "stock is current" says 0 stock current
one_by_one
refusals
containers
others
unfit
parameters
"$bench" unbind "$edu" >/dev/null
tap_end
