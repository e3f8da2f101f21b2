#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 'git bisect run' finds a slower commit: TAP on stdout. Runs on the host, in the
# build folder or with VFIO_BENCH_BUILD set. Makes a repository of
# vfio_iommu_type1.c with ten commits, of which the seventh prolongs each unmap
# request by 5%. Each step builds the commit as a variant, boots the lab in exact
# mode, and holds it against mainline with a gate of 2%.
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${VFIO_BENCH_BUILD:-$PWD}
release=${VB_TEST_KERNEL:-6.1}
readonly top build release
readonly file=drivers/vfio/vfio_iommu_type1.c
work=$(mktemp -d "${TMPDIR:-/tmp}/bisect-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
repo=$work/repo

# The source that 'scripts/variant-build' took the variants from.
find_source() {
	find "$build/variants/variant-source" -path "*-$release-*/$file" -print -quit
}

find_variants() {
	find "$build/variants" -mindepth 1 -maxdepth 1 -name "$release.*" -print -quit
}

commit() {
	git -C "$repo" commit -q -a -m "$1"
}

# Commits that change nothing that runs: text in comments, at several places.
harmless() {
	sed -i "$((100 * $1 + 1)),\$ { s|^ \* .*|&, step $1|; t end; b; :end; n; b end }" "$repo/$file"
	git -C "$repo" diff --quiet && printf '/* step %s */\n' "$1" >>"$repo/$file"
	commit "step $1: words"
}

make_repository() {
	mkdir -p "$repo/drivers/vfio" && cp "$source" "$repo/$file" && git init -q "$repo" &&
		git -C "$repo" config user.name test &&
		git -C "$repo" config user.email test@example.org &&
		git -C "$repo" add . && commit "as released" || return 1
	for i in {1..10}; do
		if ((i == 7)); then
			git -C "$repo" apply --recount "$top/kmod/variants/busted-delay/type1-$release.patch" &&
				commit "step 7: slower"
		else
			harmless "$i"
		fi || return 1
	done
}

# The step that a developer writes: build what is checked out, boot it, compare.
make_step() {
	cat >"$work/step" <<-END
	#!/usr/bin/env bash
	set -euo pipefail
	cd '$repo'
	git diff HEAD \$(git rev-list --max-parents=0 HEAD) -R -- drivers/vfio >'$work/step.patch'
	git show -s --format='%s' HEAD >>'$work/steps'
	'$top/scripts/variant-build' --name under-test --kdir '$kdir' --out '$work/variants/${variants##*/}' \\
		'$work/step.patch' >&2
	rm -rf '$work/out'
	cd '$build'
	'$top/scripts/lab' --exact --build '$build' --out '$work/out' --timeout 300 -- \\
		'$top/scripts/lab-run' ab notify-span --arm A=mainline --arm B=under-test --pairs 3 \\
		--variant-dir '$work/variants' --set count=1024 --set pin_every=16 --quiet \\
		--gate request.mean:2% >&2
	END
	chmod +x "$work/step"
}

prepare_variants() {
	mkdir -p "$work/variants" && cp -r "$variants" "$work/variants/"
}

bisect() {
	cd "$repo" && git bisect start HEAD HEAD~10 >/dev/null &&
		git bisect run "$top/scripts/bisect-step" -- "$work/step" >"$work/log" 2>&1
}

tap_why() {
	tail -n 40 "$work/log" 2>/dev/null || true
}

found() {
	[[ $(git -C "$repo" show -s --format=%s refs/bisect/bad) == "step 7: slower" ]] &&
		! git -C "$repo" for-each-ref refs/bisect | grep -q /skip-
}

source=$(find_source)
variants=$(find_variants)
kdir=/usr/src/linux-headers-${variants##*/}
if [[ -z $source || -z $variants || ! -d $kdir ]] || ! command -v git >/dev/null; then
	echo "1..0 # SKIP git, headers or built variants of $release not found"
	exit 0
fi
check "ten commits, the seventh prolongs the request" make_repository
check "mainline to compare with" prepare_variants
check "the step" make_step
check "git bisect run" bisect
check "it finds the seventh, and skips none" found
printf '# %d boots: %s\n' "$(wc -l <"$work/steps")" "$(paste -sd, "$work/steps")"
tap_end
