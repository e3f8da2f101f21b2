#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Not a test but a measurement: time and memory of loading two results of 100 runs
# each, first as the null backend makes them, then grown to what a run of
# combined.job on a larger machine has: 32 workers, 24 histograms of 400 buckets.
# usage: tests/bench/load-cost.sh BUILD
set -euo pipefail

build=$(realpath "${1:?give the build folder}")
top=$(realpath "$(dirname "$0")/../..")
export PYTHONPATH=$top/tests PYTHONDONTWRITEBYTECODE=1	# result.py
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

for name in a b; do
	"$build/vfio-bench" run null --quiet --set threads=1 --set duration=50ms --set warmup=0s \
		--repeat 100 --output "$tmp/$name" 2>/dev/null || (($? == 3))	# a noisy machine
done
cat >"$tmp/grow.py" <<'END'
import glob, random, sys
import result

random.seed(1)
grown = [result.histogram([int(random.lognormvariate(9, 0.7)) for _ in range(6000)])
         for _ in range(24)]
for path in glob.glob(sys.argv[1] + '/runs/*/result.json'):
    run = result.read(path)
    run['workers'] = [dict(run['workers'][0], worker=i) for i in range(32)]
    run['module']['mdevs'] = [
        dict.fromkeys(('pin_calls', 'unpin_calls', 'pinned_pages', 'unpinned_pages', 'callbacks',
                       'callbacks_foreign', 'callback_unpinned_pages', 'requests',
                       'requests_notified', 'bad_stamps', 'fenced_pins', 'late_pins',
                       'leaked_pins', 'partial_pins', 'outstanding_pages'), 123456789)
        for _ in range(8)]
    run['metrics'] = [dict(metric, section='grown', metric='m%d' % i, unit='ns', rate_per_s=1.0)
                      for i, metric in enumerate(grown)]
    result.write(path, run)
END
size_of() { cat "$tmp"/[ab]/runs/*/result.json | wc -c; }
run_it() {
	local which=$1

	printf '%s, %d bytes of result.json:\n' "$which" "$(size_of)"
	for _ in 1 2 3; do
		"$build/tests/bench/load-cost" "$tmp/a" "$tmp/b"
	done
}

run_it "as made"
python3 "$tmp/grow.py" "$tmp/a"
python3 "$tmp/grow.py" "$tmp/b"
run_it "grown"
