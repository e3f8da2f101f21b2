#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Bad input from the command line's side, where VFIO need not work: each case
# gets one clear message and the right exit status, and changes nothing. Job
# files have their own tests (job-bad-test), so have bind, list and variant.

set -euo pipefail

bench=${top_builddir:?}/vfio-bench
work=$(mktemp -d "${TMPDIR:-/tmp}/bad-input.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir "$work/here"
touch "$work/out" "$work/err" "$work/why"
export VFIO_BENCH_VARIANT_DIR=$work/no-variants
# shellcheck source=tests/bad-input.sh
. "${top_srcdir:?}/tests/bad-input.sh"

test_commands()
{
	bad "no such command" 1 "'rnu': no such command: valid: " rnu
	bad "an option before the command" 1 "no such command" --quiet run null
	bad "run: no job" 1 "which job? 'vfio-bench list jobs'" run
	bad "run: unknown option" 1 "--devise: no such option" run --devise x null
	bad "run: unknown letter" 1 "-Z: no such option" run null -Z
	bad "run: an option that is short for two" 1 "--v: no such option, or short for more" run null --v=x
	bad "run: an option of argp's own" 1 "--program-name: no such option" run null --program-name x
	bad "variant: short for two, one of them argp's own" 1 "--p: no such option, or short for more" \
		variant load x --p a=1
	bad "run: an option without its argument" 1 "--repeat needs an argument" run null --repeat
	bad "run: a letter without its argument" 1 "-d needs an argument" run null -d
	bad "run: an argument too many" 1 "--dry-run doesn't allow an argument" run --dry-run=1 null
	bad "run: two jobs" 1 "'smoke': one job at a time" run null smoke
	bad "run: --json without a plan" 1 "give --dry-run too" run null --json
}

test_jobs()
{
	local here=$work/here

	bad "no such job" 1 "'nul': no such job: 'vfio-bench list jobs'" run nul
	bad "job: empty name" 1 "no such job" run ''
	bad "job: a name that climbs" 1 "can't be read" run ../../job/null
	bad "job: no such file" 1 "./no.job: can't be read" run ./no.job
	bad "job: a folder" 1 "Is a directory" run ./
	bad "job: empty file" 1 "empty" run /dev/null
	bad "job: endless file" 1 "not a job file" run /dev/zero
	printf '[w]\nworkload=map_unmap\nthread=2\n' >"$here/key.job"
	bad "job: unknown key, with its line" 1 "./key.job:3: [w] unknown key 'thread'" run ./key.job
	printf '[w]\nworkload=mapunmap\n' >"$here/workload.job"
	bad "job: unknown workload, with its line" 1 "./workload.job:2: [w] workload=mapunmap" \
		run ./workload.job
	printf '[w]\nworkload=map_unmap\n' >"$here/secret.job"
	chmod 0 "$here/secret.job"
	bad_nobody "job: a file that may not be read" 1 "Permission denied" run ./secret.job
	rm -f "$here"/*.job
}

test_set()
{
	bad "--set: nothing" 1 "give KEY=VALUE" run null --set ''
	bad "--set: no value" 1 "'threads': give KEY=VALUE" run null --set threads
	bad "--set: empty value" 1 "threads=: no value" run null --set threads=
	bad "--set: no key" 1 "'=1': give KEY=VALUE" run null --set =1
	bad "--set: unknown key" 1 "unknown key 'thread'" run null --set thread=1
	bad "--set: unknown section" 1 "no section 'nil'" run null --set nil.threads=1
	bad "--set: a key of another section" 1 "belongs in" run null --set global.threads=1
	bad "--set: unknown workload" 1 "no such workload" run null --set workload=fio
	bad "--set: unknown IOMMU mode" 1 "no such IOMMU mode" run null --set iommu_mode=vfio
	bad "--set: unknown memory" 1 "backing=ram: no such value" run null --set backing=ram
	bad "--set: a time without unit" 1 "duration=5: no unit" run null --set duration=5
	bad "--set: a time with a wrong unit" 1 "unknown unit 'd'" run null --set duration=5d
	bad "--set: a size with a wrong unit" 1 "unknown unit 'kib'" run null --set size=4kib
	bad "--set: a number with a unit" 1 "junk after the number" run null --set threads=2k
	bad "--set: size 0" 1 "size=0: too small" run null --set size=0
	bad "--set: negative size" 1 "size=-4k: negative" run null --set size=-4k
	bad "--set: half a page" 1 "not a multiple of 4k" run null --set size=6k
	bad "--set: a size that overflows" 1 "too large" run null --set size=18446744073709555712
	bad "--set: a unit that overflows" 1 "too large" run null --set size=16777217t
	bad "--set: count times size overflows" 1 "more than 16t" run null --set size=1t --set count=17
	bad "--set: count 0" 1 "count=0: too small" run null --set count=0
	bad "--set: no threads" 1 "threads=0: too small" run null --set threads=0
	bad "--set: too many threads" 1 "threads=1025: too large" run null --set threads=1025
	bad "--set: without end" 1 "it would never end" run null --set duration=0s
	bad "--set: devices in the null mode" 1 "iommu_mode=null has no devices" \
		run null --set device=mdev
	bad "--set: version 1 of type1 and pins" 4 "has mdevs, which pin, which this mode can't" \
		run smoke --set iommu_mode=vfio_type1_iommu
	bad "--set: version 1 of type1 and an mdev" 4 "has mdevs, which pin, which this mode can't" \
		run ab-span --set iommu_mode=vfio_type1_iommu --set pin_every=none
	bad "--set: a mode that is named, not had" 4 "iommu_mode=iommufd can't be had" \
		run self-cost --set iommu_mode=iommufd
	bad "--set: the same, imitating type1" 4 "can't be had: /dev/iommu is" \
		run self-cost --set iommu_mode=iommufd_compat_type1
	bad "--set: more runs than there may be" 1 "shorten one" run null \
		--set "count=$(seq -s, 100)" --set "size=$(seq -s, 4096 4096 409600)"
	bad "--set: busted module without its class" 1 "give class=pathological too" \
		run notify-span --set module_mode=busted-skip-unpin
}

test_repeat()
{
	local n

	for n in 0 -1 1001 '' 1x 0x10 99999999999999999999 1.5; do
		bad "--repeat '$n'" 1 "--repeat=$n: give a number from 1 to 1000" \
			run null --repeat="$n"
	done
}

# On a machine that is not this one: nodes and CPUs as in its file.
on_machine()
{
	HWLOC_XMLFILE=$top_srcdir/tests/unit/topology/$1.xml HWLOC_THISSYSTEM=0 "$bench" "${@:2}"
}

test_placement()
{
	bad "node: none such" 1 "node=1000: this machine has no such NUMA node" \
		run null --set node=1000
	bad "mem_node: none such" 1 "mem_node=1000: this machine has no such NUMA node" \
		run null --set mem_node=1000
	bad "node: no number" 1 "node=two: not a number" run null --set node=two
	bad "node: negative" 1 "node=-1: negative" run null --set node=-1
	check "mem_node: one without memory" refused 1 "memory of node 1 is asked for, and it has none" \
		on_machine no-memory run null --set mem_node=1
	check "node: its memory by default, and it has none" refused 1 "memory of node 1" \
		on_machine no-memory run null --set node=1
	check "node: one without CPUs" refused 1 "node=2 has no CPU" \
		on_machine no-cpus run null --set node=2 --set mem_node=0
	check "threads: more than the node has CPUs" refused 1 "set oversubscribe=yes" \
		on_machine two-nodes run null --set node=1 --set threads=64
	check "threads: more than there are CPUs" refused 1 "set oversubscribe=yes" \
		on_machine two-nodes run null --set threads=64
	check "a plan is refused as well" refused 1 "set oversubscribe=yes" \
		on_machine two-nodes run null --set threads=64 --dry-run
}

test_variants()
{
	bad "variant: none such" 1 "variant 'newest': no such variant" run smoke --variant newest
	bad "variant: a path" 1 "no such variant" run smoke --variant ../../etc
	bad "variant: empty" 1 "--variant: no name" run smoke --variant ,
	bad "variant: one of two unknown" 1 "'newest': no such" run smoke -v stock,newest
	bad "variant: too many" 1 "--variant: more than 16" \
		run smoke -v "$(printf 'stock,%.0s' {1..17})"
	bad "variant: in the null mode" 1 "--variant mainline: the job's iommu_mode=null" \
		run null --variant mainline
}

test_devices()
{
	local address

	for address in 41:00.0 0000:41:00 0000:41:00.8 0000:AB:00.0 /dev/vfio/1 '' edu; do
		bad "device: address '$address'" 1 "'$address' is not a full PCI address" \
			run smoke --device "$address"
	done
	bad "device: none such" 1 "ffff:fe:1f.7: no such PCI device" run smoke --device ffff:fe:1f.7
	bad "device: none given" 1 "give --device ADDRESS" run smoke
}

# Refused here whatever else is missing here.
test_machine()
{
	if grep -qw vfio_bench.lab=1 /proc/cmdline; then
		skip "pathological outside the lab" "this is the lab"
	else
		bad "pathological outside the lab" 1 "say --accept-loss" run deadlock-unmap
		bad "pathological outside the lab: open and close" 1 "say --accept-loss" \
			run deadlock-open-close --set node=0
	fi
	bad_nobody "not root: an mdev" 1 "needs root: run with sudo" run unmap-race
	bad_nobody "not root: an mdev, loss accepted" 1 "needs root: run with sudo" \
		run deadlock-unmap --accept-loss
	if [[ -e /sys/class/mdev_bus/vfio_bench ]]; then
		skip "no companion module" "it is loaded here"
	elif ((EUID)); then
		skip "no companion module" "needs root to be asked for"
	else
		bad "no companion module" 4 "load the companion module" run unmap-race
		bad "no companion module: the result's name is free" 4 "load the companion module" \
			run unmap-race --output result
	fi
	if [[ -e /sys/bus/pci/devices/0000:00:01.0 && ! -e /sys/kernel/iommu_groups/0 ]]; then
		bad "no IOMMU" 4 "0000:00:01.0: in no IOMMU group: the IOMMU is off" \
			run smoke --device 0000:00:01.0
	else
		skip "no IOMMU" "it is on, or there is no PCI device"
	fi
}

test_output()
{
	local here=$work/here quick=(--set duration=1ms --set warmup=0s)

	mkdir "$here/old" "$here/left.part" "$here/shut"
	touch "$here/file"
	ln -s nowhere "$here/link"
	chmod 555 "$here/shut"
	bad "output: exists" 1 "old: exists already: give another --output" run null -o old
	bad "output: exists, with a slash" 1 "old: exists already" run null -o old/
	bad "output: a file" 1 "file: exists already" run null -o file
	bad "output: a link to nothing" 1 "link" run null -o link
	bad "output: half a result" 1 "left.part: left by a run" run null -o left
	bad "output: no name" 1 "--output: no name" run null -o ''
	bad "output: no such folder" 1 "No such file or directory" run null -o no/result
	bad "output: below a file" 1 "Not a directory" run null -o file/result
	bad "output: where none can be made" 1 "/proc/result: can't make" run null -o /proc/result
	bad "output: a long name" 1 "File name too long" run null -o "$(printf 'x%.0s' {1..300})"
	bad "output: a longer one" 1 "give a shorter one" run null -o "$(printf 'x%.0s' {1..5000})"
	bad_nobody "output: an unwritable folder" 1 "Permission denied: give another --output" \
		run null -o shut/result
	bad_nobody "output: an unwritable current folder" 1 "Permission denied" \
		run null "${quick[@]}" -o "$here/shut/result"
	chmod 755 "$here/shut"
	rm -r "$here/old" "$here/left.part" "$here/shut" "$here/file" "$here/link"
}

# signed TEXT: a JSON object as a file of a result, with its checksum.
signed()
{
	local body=${1%\}} crc

	# gzip writes the CRC-32 before the length, both with the lowest byte first.
	crc=$(printf '%s' "$body" | gzip -c | tail -c 8 | od -An -tx4 -N4 --endian=little)
	printf '%s,\n "checksum": "crc32:%s"\n}\n' "$body" "${crc// }"
}

# meta NAME TEXT: a result directory with this meta.json.
meta()
{
	mkdir -p "$work/here/$1/runs"
	printf '%s' "${2:+$2$'\n'}" >"$work/here/$1/meta.json"
}

test_report()
{
	local here=$work/here whole

	whole=$(signed '{"schema": 2, "id": "", "command": "", "job": "", "status": "", "mode": "",
		"runs": 0, "runs_done": 0, "files": {}, "no_performance_label": [],
		"arms": [{"name": "stock", "variant": "stock", "settings": []}],
		"machine": {"kernel": {"release": ""}, "cpu": {"model": null}}}')
	mkdir "$here/empty" "$here/half.part"
	touch "$here/file"
	meta cut '{"schema": 1,'
	meta nothing ''
	meta array '[1]'
	meta old '{"schema": 1}'
	meta other "$(signed '{"schema": 99}')"
	meta text "$(signed '{"schema": "2"}')"
	meta twice '{"schema": 2, "schema": 2}'
	meta little "$(signed '{"schema": 2}')"
	meta changed "$(signed '{"schema": 2}' | sed 's/2,/3,/')"
	meta run "$whole"
	mkdir "$here/run/runs/000-stock"
	echo '{"schema": 2, "metrics": [' >"$here/run/runs/000-stock/result.json"
	mkdir "$here/bare"
	echo "$whole" >"$here/bare/meta.json"
	bad "report: what?" 1 "which result directory?" report
	bad "report: two" 1 "'b': one result directory at a time" report a b
	bad "report: no such folder" 1 "'no': No such file" report no
	bad "report: empty name" 1 "give a directory" report ''
	bad "report: a file" 1 "Not a directory" report file
	bad "report: an empty folder" 1 "empty/meta.json: No such file" report empty
	bad "report: half a result" 1 "half.part/meta.json: No such file" report half.part
	bad "report: no runs" 1 "bare/runs: No such file" report bare
	bad "report: cut off" 1 "cut/meta.json:2: " report cut
	bad "report: nothing in it" 1 "nothing/meta.json:1: " report nothing
	bad "report: no object" 1 "array/meta.json: checksum: missing" report array
	bad "report: an older schema" 1 "old/meta.json: schema: 1, made by an older" report old
	bad "report: a newer schema" 1 "other/meta.json: schema: 99, made by a newer" report other
	bad "report: a file that was changed" 1 "changed/meta.json: checksum: " report changed
	bad "report: a schema that is no number" 1 "text/meta.json: schema" report text
	bad "report: a key that is missing" 1 "little/meta.json: id: a text is wanted" report little
	bad "report: a key twice" 1 "twice/meta.json:1: " report twice
	bad "report: a run that is cut off" 1 "run/runs/000-stock/result.json:2: " report run
	bad "report: the same as JSON" 1 "run/runs/000-stock/result.json:2: " report --json run
	bad "report: unknown option" 1 "--html5: no such option" report --html5 run
	rm -r "${here:?}"/*
}

test_commands
test_jobs
test_set
test_repeat
test_placement
test_variants
test_devices
test_machine
test_output
test_report
tap_end
