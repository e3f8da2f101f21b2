#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The job conformance without VFIO: nothing can be asked, which is told, and is no kernel
# that answers as it should. tests/lab/conformance-test.sh has kernels that answer.
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${top_builddir:?}/vfio-bench
table=${top_srcdir:?}/scripts/conformance-table
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

tap_why()
{
	tail -n 20 "$tmp/log"
}

run()
{
	local status=0

	"$bench" run conformance --set iommu_mode=null --set device=pci --quiet --output "$tmp/null" \
		>"$tmp/log" 2>&1 || status=$?
	is "$status" 2 && grep -qE 'conformance: 0 answers are .* [0-9]+ could not be asked' "$tmp/log"
}

says()
{
	"$bench" report "$@" "$tmp/null" >"$tmp/log" 2>&1
	grep -qE -- "$pattern" "$tmp/log"
}

refuses()
{
	local status=0

	python3 "$table" --bench "$bench" "$@" >"$tmp/log" 2>&1 || status=$?
	is "$status" 1
}

one_table()
{
	python3 "$table" --bench "$bench" "$tmp/null" "$tmp/null" >"$tmp/log" 2>&1 &&
		grep -q "^| promise | $(uname -r) null | $(uname -r) null |$" "$tmp/log" &&
		is "$(grep -c '^| .unmap-head. | - | - |$' "$tmp/log")" 1
}

check "nothing asked, nothing kept: exit status 2" run
pattern='^  unmap-head +EINVAL +-$'
check "the report has the table" says
pattern='unmap-head: not asked: the job has 0 mdevs of 1'
check "and, on a page, why" says --markdown
if command -v python3 >/dev/null; then
	check "two results, one table" one_table
	check "no result" refuses
	check "what is no result" refuses "$tmp"
	"$bench" run null --set duration=100ms --quiet --output "$tmp/other" >"$tmp/log" 2>&1 || true
	check "a result that asks nothing" refuses "$tmp/other"
else
	skip "the table" "python3 not found"
fi
tap_end
