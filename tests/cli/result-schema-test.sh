#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# doc/schema: it is what the tables of doc/results.md say, real results are valid,
# and what is not as described is found. More results can be given:
#   tests/cli/result-schema-test.sh DIR...
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${top_builddir:?}/vfio-bench
top=${top_srcdir:?}
export PYTHONDONTWRITEBYTECODE=1

if ! python3 -c 'import jsonschema' 2>/dev/null; then
	echo "1..0 # SKIP python3-jsonschema not found"
	exit 0
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cat >"$tmp/validate.py" <<'END'
import copy, glob, json, os, sys
import jsonschema

schemas, kind, paths = sys.argv[1], sys.argv[2], sys.argv[3:]
FILES = ('meta', 'plan', 'result')
validators = {}
for name in FILES:
    schema = json.load(open('%s/%s.schema.json' % (schemas, name)))
    jsonschema.Draft202012Validator.check_schema(schema)
    validators[name] = jsonschema.Draft202012Validator(schema)

def name_of(path):
    return os.path.basename(path).removesuffix('.json')

def faults(name, tree):
    return ['/'.join(map(str, e.absolute_path)) + ': ' + e.message[:200]
            for e in validators[name].iter_errors(tree)]

def validate(path):
    return ['%s: %s' % (path, f) for f in faults(name_of(path), json.load(open(path)))]

# Every place in a tree whose schema says anything.
def places(schema, tree, path=()):
    yield path, schema
    if isinstance(tree, dict):
        for key, value in tree.items():
            inner = schema.get('properties', {}).get(key) or schema.get('additionalProperties')
            if inner:
                yield from places(inner, value, path + (key,))
    elif isinstance(tree, list) and tree and 'items' in schema:
        yield from places(schema['items'], tree[0], path + (0,))

def changed(tree, path, change):
    tree = copy.deepcopy(tree)
    inside = tree
    for key in path[:-1]:
        inside = inside[key]
    change(inside, path[-1])
    return tree

def remove(inside, key):
    del inside[key]

# Each key that is required taken away, and each place with a value of no type.
def break_it(path):
    name, tree = name_of(path), json.load(open(path))
    schema, tried, missed = validators[name].schema, 0, []
    for place, inner in places(schema, tree):
        value = tree
        for key in place:
            value = value[key]
        broken = []
        if place and 'type' in inner:
            def odd(inside, key, types=inner['type']):
                inside[key] = None if 'null' not in types else 1j
            if 'null' not in inner['type']:
                broken.append(changed(tree, place, odd))
        for key in inner.get('required', []) if isinstance(value, dict) else []:
            broken.append(changed(tree, place + (key,), remove))
        for other in broken:
            tried += 1
            if not faults(name, other):
                missed.append('%s: %s' % (path, '/'.join(map(str, place))))
    return tried, missed

bad, tried = [], 0
for path in paths:
    if kind == 'valid':
        bad += validate(path)
        tried += 1
    else:
        n, missed = break_it(path)
        bad += missed
        tried += n
print('%d tried' % tried)
print('\n'.join(bad[:20]))
sys.exit(bool(bad) or not tried)
END

validate() { python3 "$tmp/validate.py" "$top/doc/schema" "$@"; }
valid() { validate valid "$1/meta.json" "$1/plan.json" "$1"/runs/*/result.json; }
found_broken() { validate broken "$1/meta.json" "$1/plan.json" "$1"/runs/*/result.json; }

# A session that is killed while it measures, after its first run.
killed() {
	local pid

	setsid "$bench" run null --quiet --set duration=200ms --set warmup=0s --set threads=1 --repeat 500 \
		--output "$tmp/killed" >/dev/null 2>&1 &
	pid=$!
	for _ in {1..200}; do
		[[ ! -e $tmp/killed.part/runs/000-null/result.json ]] || break
		sleep 0.1
	done
	kill -KILL -- "-$pid"
	wait "$pid" || true
	valid "$tmp/killed.part"
}

interrupted() {
	local pid

	"$bench" run null --quiet --set duration=1m --set warmup=0s --set threads=1 \
		--output "$tmp/stopped" >/dev/null 2>&1 &
	pid=$!
	for _ in {1..200}; do
		! grep -sq ',measure,' "$tmp"/stopped.part/runs/000-null/intervals.csv || break
		sleep 0.1
	done
	kill -INT "$pid"
	wait "$pid" || true
	valid "$tmp/stopped"
}

if (($#)); then
	for dir; do
		check "$dir is valid" valid "$dir"
	done
	tap_end
	exit
fi
check "the schemas are those of doc/results.md" python3 "$top/scripts/result-schema" --check \
	"$top/doc/results.md" "$top/doc/schema"
check "the null job runs" "$bench" run null --quiet --set duration=0s --set ops=1000 --set warmup=0s \
	--output "$tmp/null"
check "its result is valid" valid "$tmp/null"
check "and is not with a key missing, or without its type" found_broken "$tmp/null"
check "one with samples and an open loop runs" "$bench" run null --quiet --set duration=0s --set ops=50 \
	--set warmup=0s --set samples=yes --set rate=1000 --output "$tmp/open"
check "its result is valid" valid "$tmp/open"
check "what a killed session leaves is valid" killed
check "an interrupted one's result is valid" interrupted
tap_end
