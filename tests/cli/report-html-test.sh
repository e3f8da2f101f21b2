#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 'vfio-bench report --html' in a browser, at the widths of a phone, a tablet and
# a desktop, light and dark: nothing sticks out, nothing is asked for, nothing
# complained of, what files say is text; and its tables hold --json's numbers.
# With VB_SCREENSHOTS=FOLDER pictures of all of it are left there.
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${top_builddir:?}/vfio-bench
source=${top_srcdir:?}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
wanted=()
export PYTHONPATH=$source/tests PYTHONDONTWRITEBYTECODE=1

for tool in chromium python3; do
	if ! command -v "$tool" >/dev/null; then
		echo "1..0 # SKIP $tool not found"
		exit 0
	fi
done

# What noise does to null jobs is not the matter here: exit 3.
measure() {
	local status=0

	"$bench" "$@" --quiet --set duration=0s --set ops=100000 --set warmup=0s >"$tmp/log" 2>&1 ||
		status=$?
	((status == 0 || status == 3)) || { cat "$tmp/log"; return 1; }
}

# hostile.py RESULT OUT: markup and scripts wherever a file has text.
cat >"$tmp/hostile.py" <<'END'
import os, shutil, sys
import result

source, out = sys.argv[1:]
shutil.copytree(source, out)
evil = '"\'><script>document.title="owned";fetch("http://evil.test/")</script>' \
       '<img src=http://evil.test/x onerror=alert(1)></details></section></table>&lt;]]>-->'
meta = result.read(out + '/meta.json')
meta['machine']['cpu']['model'] = evil
meta['machine']['cpu']['mitigations'][evil] = evil
meta['no_performance_label'] = [evil]
meta['job'] = evil
meta['published'] = {'hardware': evil, 'note': evil, 'rows': [{'version': evil, 'conditions': '', 'runs': [
    {'arm_index': 0, 'cell': 0}], 'figures': [{'section': '', 'metric': 'map', 'stat': 'mean',
    'value': 1e6, 'unit': 'ns'}]}]}
with open(out + '/kernel.log', 'wb') as log:
    log.write(b'[1.0] </pre>' + evil.encode() + b'\x1b[31m \xff\xfe\x00 end\n' * 3)
for name in sorted(os.listdir(out + '/runs')):
    path = '%s/runs/%s/result.json' % (out, name)
    run = result.read(path)
    run['label'] = '<b>' + run['label'] + '</table><img src=//evil.test>'
    run['audit'].append({'check': 'dma', 'verdict': 'mark', 'text': evil})
    result.write(path, run)
result.write_with_files(out + '/meta.json', meta)
END
hostile() { python3 "$tmp/hostile.py" "$1" "$2"; }

# look.py BENCH FOLDER PAGE:ACTION...: in one browser, open FOLDER/PAGE.html and do what
# is said to it. For each a line on stdout: the argument, ok or what is wrong.
cat >"$tmp/look.py" <<'END'
import os, sys
import report_forms as forms
from chromium import Browser

bench, folder, *actions = sys.argv[1:]

# What begins or ends outside of the page, other than in a box that scrolls.
STICKS_OUT = '''(() => {
  const width = document.documentElement.clientWidth, out = [];
  if (document.documentElement.scrollWidth > width)
    out.push('the page: ' + document.documentElement.scrollWidth);
  for (const e of document.body.querySelectorAll('*')) {
    const box = e.getBoundingClientRect();
    if (!box.width || !box.height || e.closest('.scroll, .plot, pre, thead') && !e.matches('.scroll, .plot, pre'))
      continue;
    if (box.right > width + 1 || box.left < -1)
      out.push(e.tagName + ' ' + e.textContent.slice(0, 40) + ': ' + box.left + '..' + box.right);
  }
  return out.slice(0, 5).concat(out.length > 5 ? ['...'] : []); })()'''
TABLES = '''[...document.querySelectorAll('table')].map(t => [t.caption.textContent,
  [...t.querySelectorAll('tbody tr')].map(r => [...r.cells].map(c => c.textContent))])'''
# Letters of a drawing that are cut off at its edge.
CUT_OFF = '''(() => {
  const out = [];
  for (const e of document.querySelectorAll('svg text')) {
    const box = e.getBoundingClientRect(), frame = e.ownerSVGElement.getBoundingClientRect();
    if (box.width && (box.left < frame.left - 1 || box.right > frame.right + 1 ||
                      box.top < frame.top - 1 || box.bottom > frame.bottom + 1))
      out.push(e.textContent.slice(0, 40) + ': ' + (box.right - frame.right));
  }
  return out.slice(0, 5); })()'''
UNFOLD = "document.querySelectorAll('details').forEach(d => { d.open = true; })"
# Text against what is behind it: WCAG's ratio of contrast.
FAINT = '''(() => {
  const rgb = s => s.match(/[\\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.04045 ? v / 12.92 :
      ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const faint = new Set();
  for (const e of document.body.querySelectorAll('*')) {
    if (e.closest('svg') || ![...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()))
      continue;
    let back = e;
    while (back && (rgb(getComputedStyle(back).backgroundColor)[3] ?? 1) == 0)
      back = back.parentElement;
    const a = light(rgb(getComputedStyle(e).color)),
      b = light(rgb(getComputedStyle(back || document.body).backgroundColor));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5)
      faint.add(e.tagName + '.' + e.className + ' ' + ratio.toFixed(2));
  }
  return [...faint]; })()'''
# For those who don't see it: each table named, each head with its direction, one h1, no step left out.
STRUCTURE = '''(() => {
  const wrong = [], levels = [...document.querySelectorAll('h1, h2, h3, h4')].map(h => +h.tagName[1]);
  if (levels.filter(l => l == 1).length != 1 || levels[0] != 1) wrong.push('h1');
  levels.forEach((l, i) => { if (i && l > levels[i - 1] + 1) wrong.push('h' + l + ' after h' + levels[i - 1]); });
  for (const t of document.querySelectorAll('table'))
    if (!t.caption || !t.caption.textContent.trim()) wrong.push('a table without caption');
  for (const h of document.querySelectorAll('th')) if (!h.scope) wrong.push('th without scope');
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  new Set(ids).size == ids.length || wrong.push('an id twice: ' + ids.filter((x, i) => ids.indexOf(x) != i)[0]);
  for (const a of document.querySelectorAll('a[href^="#"]'))
    if (!document.getElementById(a.hash.slice(1))) wrong.push('no ' + a.hash);
  if (!document.documentElement.lang || !document.title) wrong.push('lang or title');
  if (document.scripts.length) wrong.push('a script');
  return wrong; })()'''

def must(what, wrong):
    if wrong:
        raise forms.Wrong('%s: %s' % (what, wrong))

def quiet(browser, url):
    must('requests', [r for r in browser.requests if r != url and not r.startswith('data:')])
    must('complaints', browser.complaints)

def numbers(browser, page):
    everything = forms.load(bench, '%s/%s' % (folder, page))
    tables = dict(browser.js(TABLES))
    rows = forms.check_comparisons(tables, everything, True) + forms.check_metrics(tables, everything)
    must('rows', rows == 0)

def sight(browser, page, action):
    must('sticks out', browser.js(STICKS_OUT))
    browser.js(UNFOLD)
    must('sticks out, unfolded', browser.js(STICKS_OUT))
    if page != 'hostile':	# a name may be longer than a picture
        must('cut off', browser.js(CUT_OFF))
    must('faint', browser.js(FAINT))
    if os.environ.get('VB_SCREENSHOTS'):
        browser.screenshot('%s/%s-%s.png' % (os.environ['VB_SCREENSHOTS'], page, action))

def act(browser, page, action):
    url = 'file://%s/%s.html' % (folder, page)
    width, _, theme = action.partition('-')
    browser.open(url, int(width) if width.isdigit() else 1024, theme == 'dark')
    if action == 'numbers':
        numbers(browser, page)
    elif action == 'structure':
        must('structure', browser.js(STRUCTURE))
    elif action == 'title':
        must('title', browser.js('document.title') == 'owned')
    elif action == 'print':
        browser.call('Page.printToPDF', printBackground=False)
    else:
        sight(browser, page, action)
    quiet(browser, url)

with Browser() as browser:
    for argument in actions:
        try:
            act(browser, *argument.split(':'))
            print(argument, 'ok')
        except (forms.Wrong, RuntimeError) as wrong:
            print(argument, wrong)
END
# One browser for all of it: it takes seconds to start.
look() { python3 "$tmp/look.py" "$bench" "$tmp" "$@" >"$tmp/seen"; }
seen() {
	local what

	for what in "$@"; do
		grep -qxF "$what ok" "$tmp/seen" || { grep -F "$what " "$tmp/seen"; return 1; }
	done
}

page() { "$bench" report --html "$tmp/$1" --output "$tmp/$1.html" && [[ -s $tmp/$1.html ]]; }

# spoil NAME TEXT: the one-run page with TEXT in it.
spoil() { sed "s|</main>|$2</main>|" "$tmp/one.html" >"$tmp/$1.html"; }
found() { grep -F "$1 " "$tmp/seen" | grep -q "$2" && ! grep -qxF "$1 ok" "$tmp/seen"; }

written() {
	"$bench" report --write "$tmp/pairs" >"$tmp/log" || return
	for file in report.txt report.md report.html; do
		[[ -s $tmp/pairs/$file ]] || return
	done
	"$bench" report "$tmp/pairs" | cmp - "$tmp/pairs/report.txt" || return
	# and the result is still whole
	"$bench" report --lkml "$tmp/pairs" >/dev/null
}

plots_named() {
	local file files

	command -v gnuplot >/dev/null || return 0
	files=$(grep -o '](plots/[^)]*)' "$tmp/pairs/report.md" | sed 's/.*(\(.*\))/\1/')
	[[ $files ]] || return
	for file in $files; do
		[[ -s $tmp/pairs/$file ]] || { echo "no $file"; return 1; }
	done
	grep -q '<svg' "$tmp/pairs/report.html"
}

# Without gnuplot there are reports, and they say what is missing.
without_gnuplot() {
	local bin=$tmp/bin tool

	mkdir -p "$bin"
	for tool in rm sh; do
		ln -sf "$(command -v $tool)" "$bin/$tool"
	done
	PATH=$bin "$bench" report --html "$tmp/one" >"$tmp/bare.html" 2>"$tmp/log" &&
		grep -q 'install gnuplot-nox' "$tmp/log" && grep -q 'There are no plots' "$tmp/bare.html"
}

check "one run of the null job" measure run null --output "$tmp/one"
check "six pairs of it, on three arms" measure ab null --arm alpha=null --arm beta=null,size=8k \
	--arm gamma=null --pairs 6 --output "$tmp/pairs"
check "markup in every text" hostile "$tmp/pairs" "$tmp/hostile"
for of in one pairs hostile; do
	check "$of: the page" page "$of"
	for what in {360,768,1440}-{light,dark} structure numbers print; do
		wanted+=("$of:$what")
	done
done
spoil wide '<p style="width:90rem">wide</p>'
spoil asking '<img alt="" src="http://127.0.0.1:9/x.png">'
spoil script '<script>console.error(1)</script>'
spoil faint '<p style="color:#aaa">faint</p>'
spoil cut '<svg width="60" height="20"><text x="40" y="15">10000</text></svg>'
spoil heads '<table><caption>x</caption><tr><th>x</th></tr></table>'
check "a browser looks at them" look "${wanted[@]}" hostile:title wide:360-light asking:360-light \
	script:360-light faint:360-light cut:360-light heads:structure
for of in one pairs hostile; do
	for width in 360 768 1440; do
		check "$of: $width pixels, light and dark" seen "$of:$width-light" "$of:$width-dark"
	done
	check "$of: what it is to those who don't see it" seen "$of:structure"
	check "$of: its tables say what --json says" seen "$of:numbers"
	check "$of: printed" seen "$of:print"
done
check "markup is text" seen hostile:title
check "what sticks out is found" found wide:360-light 'sticks out'
check "a request is found" found asking:360-light requests
check "a script's complaint is found" found script:360-light complaints
check "faint text is found" found faint:360-light faint
check "letters that are cut off are found" found cut:360-light 'cut off'
check "a head without scope is found" found heads:structure 'th without scope'
check "--write: three reports beside the result" written
check "plots that reports name are there" plots_named
check "without gnuplot" without_gnuplot
tap_end
