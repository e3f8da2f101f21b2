#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How fast are recorded operations read back into percentiles, beside a plain
# sequential read of the same file? The null backend makes the file, 16 bytes a
# sample. Each way with the file in the page cache and without (where caches can
# be dropped). A benchmark, no test. Runs in the build folder, or with
# VFIO_BENCH_BUILD set; the file goes to TMPDIR (100 million: 1.6 GB).
#
#   tests/bench/samples-read.sh [MILLIONS]
set -euo pipefail

build=${VFIO_BENCH_BUILD:-$PWD}
readonly bench=$build/vfio-bench
millions=${1:-100}
work=$(mktemp -d "${TMPDIR:-/tmp}/samples-read.XXXXXX")
trap 'rm -rf "$work"' EXIT

# A rate that the recorder keeps up with: two operations and two times a step, on each of two.
make_file()
{
	local steps=$((millions * 1000000 / 8))

	"$bench" run null --quiet --output "$work/result" --set threads=2 --set duration=0s \
		--set ops=$steps --set rate=250000 --set samples=yes --set samples_io=pwrite \
		--set warmup=0s >"$work/log" 2>&1 || {
		cat "$work/log" >&2
		return 1
	}
}

# drop_caches: false where that is not for us to do
drop_caches()
{
	sync
	{ echo 1 >/proc/sys/vm/drop_caches; } 2>/dev/null
}

# seconds COMMAND...
seconds()
{
	local start end

	start=$(date +%s.%N)
	"$@" >"$work/out"
	end=$(date +%s.%N)
	awk -v a="$start" -v b="$end" 'BEGIN { printf "%.3f\n", b - a }'
}

# tell WHAT SECONDS
tell()
{
	awk -v what="$1" -v s="$2" -v n="$samples" -v bytes="$bytes" 'BEGIN {
		printf "  %-34s %7.2f s  %7.1f M samples/s  %6.0f MB/s\n", what, s, n / s / 1e6,
			bytes / s / 1e6 }'
}

[[ -x $bench ]] || {
	echo "samples-read: no $bench: run it in the build folder, or set VFIO_BENCH_BUILD" >&2
	exit 1
}
make_file
file=$(echo "$work"/result/runs/000-*/samples.bin)
bytes=$(stat -c %s "$file")
samples=$("$bench" samples "$work/result" --json | awk '$1 == "\"samples\":" { print $2 + 0; exit }')
printf 'load average: %s; %s samples in %s bytes\n' "$(cut -d ' ' -f 1-3 /proc/loadavg)" "$samples" \
	"$bytes"
((samples >= millions * 1000000)) ||
	echo "fewer than asked for: the machine was too busy to write them all at that rate"
if drop_caches; then
	echo "from the disk:"
	tell "plain read (dd, 1 MiB at a time)" "$(seconds dd if="$file" of=/dev/null bs=1M status=none)"
	drop_caches
	tell "vfio-bench samples" "$(seconds "$bench" samples "$work/result")"
fi
cat "$file" >/dev/null
echo "from the page cache:"
for ((i = 0; i < 3; i++)); do
	tell "plain read (dd, 1 MiB at a time)" "$(seconds dd if="$file" of=/dev/null bs=1M status=none)"
	tell "vfio-bench samples" "$(seconds "$bench" samples "$work/result")"
done
cat "$work/out"
