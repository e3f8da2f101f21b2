#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The table of doc/adding-a-workload.md that says which tests hold a workload to
# account: it has each workload once and no other, and each of its files is there and
# has to do with the workload, by its name or by that of a job that uses it.
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

top=${top_srcdir:?}
bench=${top_builddir:?}/vfio-bench
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
doc=$top/doc/adding-a-workload.md

# Names, in order.
workloads()
{
	"$bench" list workloads | awk '/^  [a-z]/ { print $1 }'
}

# NAME|FILE FILE ...|FILE ...: the table's rows. What is code there stands between \140.
rows()
{
	tr -d '\140,' <"$doc" | awk -F ' *[|] *' 'NF == 5 && $3 ~ /-test[.]/ { print $2 "|" $3 "|" $4 }'
}

# A workload's name, and those of its jobs: a pattern.
names()
{
	local job names=$1

	while read -r job; do
		names+="|$(basename "$job" .job)"
	done < <(grep -lx "workload=$1" "$top"/bench/job/*.job)
	printf '%s\n' "$names"
}

# column NAME COLUMN KIND: files of the row, each of which is right.
column()
{
	local file files pattern

	pattern=$(names "$1")
	read -r -a files < <(rows | grep "^$1|" | cut -d '|' -f "$2")
	for file in "${files[@]}"; do
		[[ $file =~ $3 ]] || { printf '%s: not for this column\n' "$file"; return 1; }
		grep -qwE -- "$pattern" "$top/tests/$file" || {
			printf '%s: nothing of %s\n' "$file" "$pattern"
			return 1
		}
	done
	((${#files[@]}))
}

check "all workloads are in the table, once, in order" \
	is "$(rows | cut -d '|' -f 1)" "$(workloads)"
for workload in $(workloads); do
	check "$workload: counted by others" column "$workload" 2 '^lab/.*-test[.]sh$'
	check "$workload: shown to fail" column "$workload" 3 '^(lab|unit)/.*-test[.](c|sh)$'
done
tap_end
