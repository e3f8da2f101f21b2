#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 'vfio-bench variant': lists, refusals, and builds that fail without a trace.
# Loading is for the lab: this machine keeps its modules.
set -euo pipefail

bench=${top_builddir:?}/vfio-bench
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export VFIO_BENCH_VARIANT_DIR=$tmp/built
release=$(uname -r)
count=0

# ok NAME COMMAND...: one TAP line by COMMAND's status.
ok() {
	local name=$1 result=ok

	shift
	"$@" >"$tmp/why" 2>&1 || result='not ok'
	count=$((count + 1))
	echo "$result $count - $name"
	if [[ $result != ok ]]; then
		sed 's/^/# /' "$tmp/why" "$tmp/out" "$tmp/err"
	fi
}

skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
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

for name in stock mainline per-dma-ordered per-dma-v13 per-request; do
	ok "list: $name" prints "^$name: " list
done
ok "list: hazards" prints 'hazards on this kernel: .*leak-late-pin' list
ok "list: not built" prints '^mainline: not built, notifies per-vfio_dma$' list
ok "list as JSON: stock is first" json 'd["variants"][0]["name"] == "stock"' list
ok "list as JSON: hazards are an array" \
	json 'all(isinstance(v["hazards"], list) for v in d["variants"])' list
ok "list as JSON: nothing is built" \
	json 'not any(v["path"] or v["built_for"] for v in d["variants"])' list
ok "current" run 0 current
ok "current as JSON" json '"current" in d and "module" in d' current

mkdir -p "$tmp/built/$release/mine" "$tmp/built/1.2.3-other/mainline"
touch "$tmp/built/$release/mine/vfio_iommu_type1_mine.ko" \
	"$tmp/built/1.2.3-other/mainline/vfio_iommu_type1_mainline.ko"
ok "list: one's own, built" prints '^mine: built, notifies unknown$' list
ok "list: built for another kernel" prints '^mainline: built for 1.2.3-other,' list
mkdir -p "$tmp/else/$release/yours"
touch "$tmp/else/$release/yours/vfio_iommu_type1_yours.ko"
ok "--variant-dir goes before the environment" prints '^yours: built' list --variant-dir "$tmp/else"
rm -rf "$tmp/built"

ok "--help" run 0 --help
ok "no action" refuses 'what to do?'
ok "unknown action" refuses "'make': no such action" make
ok "unknown option" run 1 list --frobnicate
ok "list with an argument" refuses 'one argument too many' list mainline
ok "current with an argument" refuses 'one argument too many' current stock
ok "an option of another action" refuses 'list has no --all' list --all
ok "load has no --all, though unload has" refuses 'load has no --all' load --all mainline
ok "--json where nothing is printed" refuses 'load has no --json' load --json mainline
ok "load: nothing" refuses 'which one?' load
ok "load: two" refuses 'one argument too many' load mainline per-request
ok "load: unknown" refuses "'nope': no such variant" load nope
ok "load: no name but a path" refuses 'no such variant' load ../../etc
ok "load: not built" refuses "'mainline' is not built for kernel $release" load mainline
ok "unload: stock stays" refuses 'it stays' unload stock
ok "unload: a name and --all" refuses 'not both' unload --all mainline
ok "unload: not loaded" prints 'mainline: not loaded' unload mainline
ok "unload --all: nothing to do" prints 'no variant is loaded' unload --all

ok "build: nothing" refuses 'names, patch files, or --all' build
ok "build: names and --all" refuses 'names, patch files, or --all' build --all mainline
ok "build: no headers" refuses 'no kernel headers there' build --kernel-dir "$tmp" mainline
headers "$tmp/kernel" 6.1.0-test
kernel=(--kernel-dir "$tmp/kernel")
ok "build: stock" refuses 'nothing to build' build "${kernel[@]}" stock
ok "build: unknown" refuses "'nope': no such variant" build "${kernel[@]}" nope
ok "build: one of two unknown" refuses "'nope': no such" build "${kernel[@]}" mainline nope
ok "build: no such patch" refuses 'No such file' build "${kernel[@]}" "$tmp/nope.patch"
touch "$tmp/My Idea_v2.patch" "$tmp/%.patch"
ok "build: patch and name" refuses "don't mix" build "${kernel[@]}" "$tmp/My Idea_v2.patch" mainline
ok "build: bad --name" refuses 'no name for a variant' \
	build "${kernel[@]}" --name 'A B' "$tmp/My Idea_v2.patch"
ok "build: a file's name that makes no name" refuses 'give --name' build "${kernel[@]}" "$tmp/%.patch"
ok "build: --name for a shipped one" refuses 'only what is made of patch files' \
	build "${kernel[@]}" --name x mainline
headers "$tmp/escape" ../../../escape
ok "build: a release that is a path" refuses 'no kernel headers there' \
	build --kernel-dir "$tmp/escape" mainline

# Real ones need real headers and the kernel's source.
kdir=${VFIO_BENCH_TEST_KDIR:-$(sed -n 's/^KDIR = //p' "$top_builddir/Makefile")}
series=$(sed -n 's/.*UTS_RELEASE "\([0-9]*\.[0-9]*\).*/\1/p' \
	"$kdir/include/generated/utsrelease.h" 2>/dev/null || true)
real_builds() {
	ok "build: a patch that does not apply" fails_to_build "$tmp/bad.patch"
	ok "build: its error is shown" grep -q 'does not apply' "$tmp/err"
	ok "build: a patch that does not compile" fails_to_build "$tmp/My Idea_v2.patch"
	ok "build: the compiler's error is shown" grep -q 'no_such_thing' "$tmp/err"
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

echo "1..$count"
