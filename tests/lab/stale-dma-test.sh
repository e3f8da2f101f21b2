#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# callback_delay= and stale-dma, in the lab: callbacks take as long as asked, and
# while one does, another thread's unmap frees the entry that the request works on.
# What happened is read from kprobe events on type1 and on the module's callback.
# On the kernel's own type1 the next listener is then told of another range; where
# IOVA and size are copied it is not. TAP; runs in the guest, with the build folder
# as argument, for whose kernel the variants have been built.
#
#   scripts/lab --cpus 2 -- tests/lab/stale-dma-test.sh BUILD
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

build=${1:?usage: stale-dma-test.sh BUILD}
top=$(cd "$(dirname "$0")/../.." && pwd)
readonly build top
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
readonly bench=$build/vfio-bench edu=${LAB_EDU:?run this in the lab}
readonly tracing=/sys/kernel/tracing ROUNDS=20 SPAN=8 DELAY_NS=5000000
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# job NAME STATUS JOB ARG...: run it; its result is $work/NAME, its events NAME.trace.
job()
{
	local name=$1 want=$2 status=0

	shift 2
	echo >"$tracing/trace"
	"$bench" run "$@" --device "$edu" --quiet --output "$work/$name" >"$work/log" 2>&1 ||
		status=$?
	grep -v '^#' "$tracing/trace" >"$work/$name.trace" || true
	is "$status" "$want"
}

tap_why()
{
	tail -n 20 "$work/log"
}

# trace_type1 MODULE: from now on, entries freed in it and listeners told.
trace_type1()
{
	echo 0 >"$tracing/events/enable"
	echo >"$tracing/kprobe_events"
	echo "p:freed $1:vfio_remove_dma" >>"$tracing/kprobe_events"
	echo 'p:told vfio_bench:vb_device_unmap iova=%si' >>"$tracing/kprobe_events"
	echo 1 >"$tracing/events/kprobes/enable"
}

# pairs NAME WHAT: notifications of two listeners (a pair of calls, as the lock over
# both keeps others out) that were overtaken, an entry being freed by another task
# between the two, or misled, the second having another IOVA than the first.
pairs()
{
	awk -v what="$2" '
		/ freed: / { if (n % 2 && $1 != task) other = 1 }
		/ told: / {
			iova = $NF
			if (n++ % 2) {
				count["overtaken"] += other
				count["misled"] += iova != first
			}
			task = $1; first = iova; other = 0
		}
		END { print count[what] + 0 }' "$work/$1.trace"
}

# result NAME PYTHON: holds for each run r, with its metrics by name and failed checks.
result()
{
	python3 - "$work/$1" "$2" <<-'END'
	import glob, json, sys
	paths = glob.glob(sys.argv[1] + '/runs/*/result.json')
	for path in paths:
	    r = json.load(open(path))
	    metric = {m['metric']: m for m in r.get('metrics', []) if m['section'] == 'module'}
	    failed = [c['check'] for c in r['audit'] if c['verdict'] == 'failed']
	    if not eval(sys.argv[2]):
	        sys.exit('%s: %s; failed: %s' % (path, sys.argv[2], failed))
	sys.exit(not paths)
	END
}

span()
{
	job "$1" 0 notify-span --set count=$SPAN --set pin_every=1 --set ops=3 \
		--set module_mode=normal "${@:2}"
}

# The timer's clock is disciplined, the histogram's is raw: a thousandth is left to that.
callbacks_take_their_time()
{
	span slow --set callback_delay=${DELAY_NS}ns &&
		result slow "metric['callback']['count'] == 3 * $SPAN" &&
		result slow "metric['callback']['min'] >= $DELAY_NS * 0.999"
}

# By the kernel's clock, from one callback's start to the next one's, within a request.
the_kernel_sees_it()
{
	awk -v span=$SPAN -v least=$DELAY_NS '
		/ told: / {
			at = $(NF - 4); sub(":", "", at)
			if (n++ >= 2 && (n - 3) % span && (at - before) * 1e9 < least * 0.999) early++
			before = at
		}
		END { print n, early + 0; exit n != 2 + 3 * span || early > 0 }' "$work/slow.trace"
}

not_unless_asked()
{
	span quick && result quick "metric['callback']['min'] < $DELAY_NS * 0.999"
}

stale()
{
	job "$1" "$2" stale-dma --variant "$3" --set ops=$ROUNDS "${@:4}"
}

pairs_are()
{
	is "$(pairs "$1" overtaken) overtaken, $(pairs "$1" misled) misled" \
		"$2 overtaken, $3 misled"
}

# How often freed memory is used again at once is the allocator's: not each time.
stock_misleads()
{
	is "$(pairs stock overtaken)" "$ROUNDS" && (($(pairs stock misled) > 0))
}

"$bench" bind "$edu" >/dev/null
trace_type1 vfio_iommu_type1
check "callback_delay: no callback of the module's is shorter" callbacks_take_their_time
check "nor by the kernel's clock" the_kernel_sees_it
check "without it callbacks are shorter" not_unless_asked
check "stale-dma, the kernel's own type1: not ok" stale stock 2 stock
check "each round's entry was freed in between, and the next listener misled" stock_misleads
check "the check that failed is the one for it" \
	result stock "'verified' in failed and set(failed) <= {'verified', 'callbacks', 'listeners', 'ranges'}"
check "with the guard: ok" stale guarded 0 stock --set guard=on
check "nothing was freed in between" pairs_are guarded 0 0
trace_type1 vfio_iommu_type1_per_dma_ordered
check "stale-dma, IOVA and size copied: ok" stale ordered 0 per-dma-ordered
check "each round's entry was freed in between, nobody misled" pairs_are ordered "$ROUNDS" 0
echo 0 >"$tracing/events/enable"
echo >"$tracing/kprobe_events"
"$bench" unbind "$edu" >/dev/null
tap_end
