#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The jobs about pins and callbacks, in the lab: that each does what its head says, by
# the companion module's counts, and that a module that counts wrong is noticed. TAP;
# runs in the guest, with the build folder as argument, for whose kernel the variants
# have been built.
#
#   scripts/lab --cpus 2 -- tests/lab/pins-test.sh BUILD
# Functions are called through check; what holds gets is python.
# shellcheck disable=SC2016,SC2317
set -euo pipefail

build=${1:?usage: pins-test.sh BUILD}
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
work=$(mktemp -d)
bench=$build/vfio-bench
last=bind
trap 'rm -rf "$work"' EXIT

# job NAME STATUS JOB ARG...: run it; its result is $work/NAME. 3: marked, but done.
job()
{
	local name=$1 want=$2 status=0

	last=$name
	shift 2
	"$bench" run "$top/bench/job/$1.job" "${@:2}" --quiet --output "$work/$name" \
		>"$work/$name.log" 2>&1 || status=$?
	((status != 3)) || status=0
	is "$status" "$want"
}

tap_why()
{
	tail -n 20 "$work/$last.log"
}

# holds NAME PYTHON: for all runs of the result: r, its section s, the module's counts m.
holds()
{
	python3 - "$work/$1" "$2" <<-'END'
	import glob, json, sys
	seen = 0
	for path in sorted(glob.glob(sys.argv[1] + '/runs/*/result.json')):
	    r = json.load(open(path))
	    s, m = r['sections'][0], r['module']['mdevs'][0]
	    asked = dict(word.split('=') for word in r['label'].split())
	    metric = {i['section'] + '.' + i['metric']: i for i in r.get('metrics', [])}
	    seen += 1
	    if not eval('(' + sys.argv[2] + ')'):
	        sys.exit('%s: %s: %s %s' % (path, sys.argv[2], asked, m))
	sys.exit(not seen)
	END
}

nodes()
{
	job nodes 0 pin-nodes --set duration=0s --set warmup=0s --set ops=3 &&
		holds nodes 'm["pin_calls"] == m["pinned_pages"] == m["unpinned_pages"] == 3 * 512'
}

each_pair()
{
	holds nodes '[r["workers"][0]["observed"][k] for k in ("node", "mem_node")] == [
		int(asked["node"]), int(asked["mem_node"])]' &&
		is "$(find "$work/nodes/runs" -name result.json | wc -l)" 4
}

batches()
{
	job batches 0 pin-batch --set duration=0s --set warmup=0s --set ops=5 &&
		holds batches 'm["pin_calls"] == 5 * 8 and
			m["pinned_pages"] == m["unpinned_pages"] == 5 * 8 * int(asked["pin_pages"])' &&
		is "$(find "$work/batches/runs" -name result.json | wc -l)" 10
}

scattered()
{
	job scattered 0 pin-scattered --set duration=0s --set warmup=0s --set ops=5 \
		--set count=64 && holds scattered 's["size_bytes"] in (1 << 12, 1 << 16, 1 << 21) and
			m["pin_calls"] == m["pinned_pages"] == 5 * 64'
}

per_entry()
{
	job entry "$1" pins-per-entry --variant stock --set pin_pages=1,64,512 --set ops=3 "${@:2}"
}

entries()
{
	per_entry 0 && holds entry 'm["callbacks"] == 3 * 16 and m["callback_unpinned_pages"] ==
		m["pinned_pages"] == 3 * 16 * int(asked["pin_pages"])'
}

one_callback()
{
	last=request
	job request 0 pins-per-entry --variant per-request --set pin_pages=512 --set ops=3 &&
		holds request 'm["callbacks"] == 3 and m["pinned_pages"] == 3 * 16 * 512'
}

miscounted()
{
	rm -r "$work/entry" && per_entry 2 --set module_mode=busted-miscount &&
		holds entry '"pins" in [c["check"] for c in r["audit"] if c["verdict"] == "failed"]'
}

# One kthread, one page at a time: so many holds fit into the time.
hold()
{
	job hold 0 pin-hold --variant stock --set duration=1s --set pinner_hold=1ms &&
		holds hold '0 < m["pinned_pages"] * 0.001 <= r["wall_s"] + 0.001 and
			m["pinned_pages"] == m["unpinned_pages"]'
}

delays()
{
	job delays 0 callback-delay --variant "$1" --set ops=3 && holds delays \
		"m['callbacks'] == 3 * $2 and metric['module.callback']['min'] >= 0.999e9 *
			{'0s': 0, '10us': 1e-5, '100us': 1e-4, '1ms': 1e-3}[asked['callback_delay']]" &&
		rm -r "$work/delays"
}

# open_close VARIANT GUARD
open_close()
{
	job "open-$1" 0 open-close-unmap --variant "$1" --set duration=4s && holds "open-$1" \
		"r['guard']['on'] == $2 and metric['open.mdev_open']['count'] > 1 and
			m['requests'] > 1"
}

"$bench" bind "$LAB_EDU" >/dev/null
check "pin-nodes: a pin and an unpin for each page of each step" nodes
check "on all four pairs of nodes" each_pair
check "pin-batch: so many pages a call, 1 to 512" batches
check "pin-scattered: a call a page" scattered
check "pins-per-entry: stock, a callback a mapping, which releases all its pins" entries
check "per-request, a callback a request" one_callback
check "a module that counts an unpin too few is noticed" miscounted
check "pin-hold: no more pins than holds fit into the time" hold
check "callback-delay: stock, 64 callbacks a request, each as long as asked" delays stock 64
check "per-request, one" delays per-request 1
check "open-close-unmap: freely where the locks have one order" open_close per-dma-ordered False
check "and each pin was released by its callback" holds \
	open-per-dma-ordered 'm["callbacks"] == 256 * m["requests"] and
		m["callback_unpinned_pages"] == m["pinned_pages"]'
check "one at a time on stock, which deadlocks" open_close stock True
"$bench" unbind "$LAB_EDU" >/dev/null
tap_end
