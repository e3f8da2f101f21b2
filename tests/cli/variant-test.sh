#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 'vfio-bench variant': lists, refusals, and builds that fail without a trace.
# Loading is for the lab: this machine keeps its modules.
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${top_builddir:?}/vfio-bench
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export VFIO_BENCH_VARIANT_DIR=$tmp/built
release=$(uname -r)

# What the last run said.
tap_why() {
	cat "$tmp/out" "$tmp/err"
}

# run STATUS ARG...: run 'vfio-bench variant', keep its output, check its status.
run() {
	local want=$1 status=0

	shift
	"$bench" variant "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
	[[ $status == "$want" ]] || { echo "exit status $status, not $want"; return 1; }
}

# prints TEXT ARG..., refuses TEXT ARG...: exit status, where the text is, and one message.
prints() { run 0 "${@:2}" && grep -q -- "$1" "$tmp/out"; }
refuses() {
	run 1 "${@:2}" && grep -q -- "$1" "$tmp/err" && [[ ! -s $tmp/out ]] &&
		[[ $(wc -l <"$tmp/err") == 1 ]] && nothing_built
}
json() {
	run 0 "${@:2}" --json &&
		python3 -c "import json,sys; d=json.load(open(sys.argv[1])); assert $1" "$tmp/out"
}
nothing_built() { [[ -z $(find "$tmp/built" -name '*.ko' 2>/dev/null) ]]; }

# headers DIR RELEASE: just enough of a kernel's headers to be taken for them.
headers() {
	mkdir -p "$1/include/generated"
	echo "#define UTS_RELEASE \"$2\"" >"$1/include/generated/utsrelease.h"
}

for name in stock mainline per-dma-ordered per-dma-v13 per-request per-request-retry busted-mainline \
	busted-per-dma-ordered busted-per-request; do
	check "list: $name" prints "^$name: " list
done
check "list: hazards" prints 'hazards on this kernel: .*leak-late-pin' list
check "list: not built" prints '^mainline: not built, notifies per-vfio_dma$' list
check "list as JSON: stock is first" json 'd["variants"][0]["name"] == "stock"' list
check "list as JSON: hazards are an array" \
	json 'all(isinstance(v["hazards"], list) for v in d["variants"])' list
check "list as JSON: nothing is built" \
	json 'not any(v["path"] or v["built_for"] for v in d["variants"])' list
check "current" run 0 current
check "current as JSON" json '"current" in d and "module" in d' current

mkdir -p "$tmp/built/$release/mine" "$tmp/built/1.2.3-other/mainline"
touch "$tmp/built/$release/mine/vfio_iommu_type1_mine.ko" \
	"$tmp/built/1.2.3-other/mainline/vfio_iommu_type1_mainline.ko"
check "list: one's own, built" prints '^mine: built, notifies unknown$' list
check "list: built for another kernel" prints '^mainline: built for 1.2.3-other,' list
mkdir -p "$tmp/else/$release/yours"
touch "$tmp/else/$release/yours/vfio_iommu_type1_yours.ko"
check "--variant-dir goes before the environment" prints '^yours: built' list --variant-dir "$tmp/else"
rm -rf "$tmp/built"

check "--help" run 0 --help
check "no action" refuses 'what to do?'
check "unknown action" refuses "'make': no such action" make
check "unknown option" run 1 list --frobnicate
check "list with an argument" refuses 'one argument too many' list mainline
check "current with an argument" refuses 'one argument too many' current stock
check "an option of another action" refuses 'list has no --all' list --all
check "load has no --all, though unload has" refuses 'load has no --all' load --all mainline
check "--json where nothing is printed" refuses 'load has no --json' load --json mainline
check "load: nothing" refuses 'which one?' load
check "load: two" refuses 'one argument too many' load mainline per-request
check "load: unknown" refuses "'nope': no such variant" load nope
check "load: no name but a path" refuses 'no such variant' load ../../etc
check "load: not built" refuses "'mainline' is not built for kernel $release" load mainline
check "unload: stock stays" refuses 'it stays' unload stock
check "unload: a name and --all" refuses 'not both' unload --all mainline
check "unload: not loaded" prints 'mainline: not loaded' unload mainline
check "unload --all: nothing to do" prints 'no variant is loaded' unload --all

check "build: nothing" refuses 'names, patch files, or --all' build
check "build: names and --all" refuses 'names, patch files, or --all' build --all mainline
check "build: no headers" refuses 'no kernel headers there' build --kernel-dir "$tmp" mainline
headers "$tmp/kernel" 6.1.0-test
kernel=(--kernel-dir "$tmp/kernel")
check "build: stock" refuses 'nothing to build' build "${kernel[@]}" stock
check "build: unknown" refuses "'nope': no such variant" build "${kernel[@]}" nope
check "build: one of two unknown" refuses "'nope': no such" build "${kernel[@]}" mainline nope
check "build: no such patch" refuses 'No such file' build "${kernel[@]}" "$tmp/nope.patch"
touch "$tmp/My Idea_v2.patch" "$tmp/%.patch"
check "build: patch and name" refuses "don't mix" build "${kernel[@]}" "$tmp/My Idea_v2.patch" mainline
check "build: bad --name" refuses 'no name for a variant' \
	build "${kernel[@]}" --name 'A B' "$tmp/My Idea_v2.patch"
check "build: a file's name that makes no name" refuses 'give --name' build "${kernel[@]}" "$tmp/%.patch"
check "build: --name for a shipped one" refuses 'only what is made of patch files' \
	build "${kernel[@]}" --name x mainline
headers "$tmp/escape" ../../../escape
check "build: a release that is a path" refuses 'no kernel headers there' \
	build --kernel-dir "$tmp/escape" mainline

# Real ones need real headers and the kernel's source.
kdir=${VFIO_BENCH_TEST_KDIR:-$(sed -n 's/^KDIR = //p' "$top_builddir/Makefile")}
series=$(sed -n 's/.*UTS_RELEASE "\([0-9]*\.[0-9]*\).*/\1/p' \
	"$kdir/include/generated/utsrelease.h" 2>/dev/null || true)
real_builds() {
	check "build: a patch that does not apply" fails_to_build "$tmp/bad.patch"
	check "build: its error is shown" grep -q 'does not apply' "$tmp/err"
	check "build: a patch that does not compile" fails_to_build "$tmp/My Idea_v2.patch"
	check "build: the compiler's error is shown" grep -q 'no_such_thing' "$tmp/err"
}
fails_to_build() { run 1 build --kernel-dir "$kdir" "$1" && nothing_built; }

cat >"$tmp/bad.patch" <<'PATCH'
--- a/drivers/vfio/vfio_iommu_type1.c
+++ b/drivers/vfio/vfio_iommu_type1.c
@@ -1,3 +1,3 @@
 no such line
-nor this one
+but this
 nor that
PATCH
cat >"$tmp/My Idea_v2.patch" <<'PATCH'
--- a/drivers/vfio/vfio_iommu_type1.c
+++ b/drivers/vfio/vfio_iommu_type1.c
@@ -1,2 +1,3 @@
 // SPDX-License-Identifier: GPL-2.0-only
+int no_such_thing = no_such_thing();
 /*
PATCH
if [[ $series ]] && compgen -G "/usr/src/linux-source-$series.tar.*" >/dev/null; then
	real_builds
else
	for name in apply apply-error compile compile-error; do
		skip "build: $name" 'no kernel headers with their source here'
	done
fi

tap_end
