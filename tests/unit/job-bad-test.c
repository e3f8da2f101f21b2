// SPDX-License-Identifier: GPL-2.0-or-later
/* Bad job files: each is refused, with its line and what to do. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/engine/job.h"

struct bad {
	const char *text;
	const char *fragment;		/* of the message */
	unsigned int line;
};

/* A section that is good, in front of a line that is bad. */
#define SPAN "[span]\nworkload=notify_span\ndevice=both\n"
#define PCI "[span]\nworkload=notify_span\ndevice=pci\n"
#define GLOBAL "[global]\n"
/* A bad line of [global], in front of a section that is good. */
#define WITH(line) GLOBAL line "\n" SPAN
#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define HUNDRED FIFTY FIFTY

static const struct bad bad_shape[] = {
	{ "", "empty", 0 },
	{ "\n\n\n", "empty", 0 },
	{ "; nothing but a comment\n# and another\n", "empty", 0 },
	{ " \t \n", "empty", 0 },
	{ "\xef\xbb\xbf", "empty", 0 },
	{ "\xef\xbb\xbf\n", "empty", 0 },
	{ GLOBAL, "no worker section", 0 },
	{ GLOBAL "duration=5s\n", "no worker section", 0 },
	{ "threads=1\n", "a key before any section", 1 },
	{ "\n; hm\nthreads=1\n" SPAN, "a key before any section", 3 },
	{ "workload=map_unmap", "begin with [global]", 1 },
	{ "rubbish\n", "neither [section] nor key=value", 1 },
	{ SPAN "threads\n", "neither [section] nor key=value", 4 },
	{ SPAN "threads 2\n", "neither [section] nor key=value", 4 },
	{ SPAN "threads\nthreads=0\n", "neither [section] nor key=value", 4 },
	{ SPAN "threads\n[span]\n", "neither [section] nor key=value", 4 },
	{ SPAN "-----\n", "neither [section] nor key=value", 4 },
	{ SPAN "; =\n]\n", "neither [section] nor key=value", 5 },
	{ "{\"workload\"}", "neither [section] nor key=value", 1 },
	{ "[span\nworkload=map_unmap\n", "no ']'", 1 },
	{ "[", "no ']'", 1 },
	{ SPAN "[", "no ']'", 4 },
	{ "[]\nworkload=map_unmap\n", "bad section name", 1 },
	{ "[ ]\n", "bad section name", 1 },
	{ "[ span ]\n", "bad section name", 1 },
	{ "[Span]\n", "bad section name", 1 },
	{ "[a b]\n", "bad section name", 1 },
	{ "[a.b]\n", "bad section name", 1 },
	{ "[a/b]\n", "bad section name", 1 },
	{ "[[a]]\n", "bad section name", 1 },
	{ "[a;b]\n", "bad section name", 1 },
	{ "[sp\xc3\xa4n]\n", "bad section name", 1 },
	{ "[..]\n", "bad section name", 1 },
	{ "[" FIFTY TEN "0123]\n", "section name too long", 1 },
	{ "[span] workload=map_unmap\n", "junk after the section's name", 1 },
	{ "[span]]\n", "junk after the section's name", 1 },
	{ "[span] x\n", "junk after the section's name", 1 },
	{ SPAN "[span]\n", "[span] again: it began in line 1", 4 },
	{ SPAN "[x]\nworkload=map_unmap\n[span]\n", "[span] again", 6 },
	{ GLOBAL "seed=1\n" SPAN GLOBAL, "[global] again: it began in line 1", 6 },
	{ GLOBAL GLOBAL SPAN, "[global] again", 2 },
	{ "[span]\n", "[span] has no workload=", 1 },
	{ "[span]\nthreads=2\n", "[span] has no workload=", 1 },
	{ SPAN "[next]\ncount=3\n", "[next] has no workload=", 4 },
	{ "[" "a]\n[b]\nworkload=map_unmap\n", "[a] has no workload=", 1 },
	{ SPAN "threads=2\nthreads=2\n", "threads= again: it stands in line 4", 5 },
	{ SPAN "workload=map_unmap\n", "workload= again: it stands in line 2", 4 },
	{ WITH("seed=1\nseed=2"), "seed= again: it stands in line 2", 3 },
	{ SPAN "; " HUNDRED HUNDRED "\n", "line of 202 bytes: at most 190", 4 },
	{ HUNDRED HUNDRED, "line of 200 bytes", 1 },
	{ SPAN "count=" HUNDRED HUNDRED HUNDRED "\n", "line of 306 bytes", 4 },
	{ WITH("description=" HUNDRED FIFTY TEN TEN "012345"), "too long: give at most 175", 2 },
	{ WITH("description=a\x01" "b"), "a control character", 2 },
	{ WITH("description=\x1b[31mred"), "a control character", 2 },
	{ WITH("description=\x7f"), "a control character", 2 },
	{ SPAN "\x02\n", "a control character", 4 },
	{ SPAN "count=1\rsize=4k\n", "a control character", 4 },
	{ WITH("description=\xff\xfe"), "not UTF-8", 2 },
	{ WITH("description=a\xc3"), "not UTF-8", 2 },
	{ WITH("source=\xc0\xaf"), "not UTF-8", 2 },
	{ WITH("source=\xed\xa0\x80"), "not UTF-8", 2 },
	{ "\xff\xfe[\n", "neither [section]", 1 },
	{ SPAN "=4\n", "unknown key ''", 4 },
	{ SPAN "= \n", "unknown key ''", 4 },
};

static const struct bad bad_keys[] = {
	{ SPAN "thread=2\n", "unknown key 'thread': did you mean 'threads'?", 4 },
	{ SPAN "Threads=2\n", "did you mean 'threads'?", 4 },
	{ SPAN "THREADS=2\n", "valid: advice, arrival, backing", 4 },
	{ SPAN "pin-every=2\n", "did you mean 'pin_every'?", 4 },
	{ SPAN "memnode=2\n", "did you mean 'mem_node'?", 4 },
	{ SPAN "pinner_nodes=2\n", "did you mean 'pinner_node'?", 4 },
	{ SPAN "bandwidth=2\n", "unknown key 'bandwidth': valid: advice, arrival", 4 },
	{ SPAN "pace=2\n", "unknown key 'pace'", 4 },
	{ SPAN "span.threads=2\n", "unknown key 'span.threads'", 4 },
	{ SPAN "x=" HUNDRED "\n", "unknown key 'x'", 4 },
	{ SPAN HUNDRED "=2\n", "unknown key '" TEN, 4 },
	{ SPAN "a%s%n=2\n", "unknown key 'a%s%n'", 4 },
	{ SPAN "duration=5s\n", "belongs in [global]", 4 },
	{ SPAN "seed=5\n", "belongs in [global]", 4 },
	{ SPAN "iommu_mode=null\n", "belongs in [global]", 4 },
	{ WITH("threads=5"), "belongs in a worker section", 2 },
	{ WITH("workload=map_unmap"), "belongs in a worker section", 2 },
	{ WITH("durations=5s"), "did you mean 'duration'?", 2 },
	{ WITH("guards=off"), "did you mean 'guard'?", 2 },
	{ WITH("xyzzy=off"), "valid: callback_delay, class, cold, containers, description", 2 },
	{ "[span]\nworkload=map_unmpa\n", "did you mean 'map_unmap'?", 2 },
	{ "[span]\nworkload=\n", "workload=: no value", 2 },
	{ "[span]\nworkload=fio\n", "no such workload: valid: ", 2 },
	{ "[span]\nworkload=MAP_UNMAP\n", "no such workload", 2 },
	{ "[span]\nworkload=map_unmap,\n", "no value", 2 },
	{ "[span]\nworkload=map_unmap, map_unmap\n", "twice in the list", 2 },
	{ "[span]\nworkload=../map_unmap\n", "no such workload", 2 },
	{ WITH("iommu_mode=vfio_type1"), "no such IOMMU mode", 2 },
	{ WITH("iommu_mode=nul"), "did you mean 'null'?", 2 },
	{ WITH("iommu_mode=vfio_type1v2_iomu"), "did you mean 'vfio_type1v2_iommu'?", 2 },
	{ WITH("class=nightly"), "class=nightly: no such value: valid: smoke, standard", 2 },
	{ WITH("class=pathologic"), "did you mean 'pathological'?", 2 },
	{ WITH("class=smoke, stress"), "takes one value, no list", 2 },
	{ WITH("class=0"), "no such value", 2 },
	{ WITH("guard=yes"), "no such value: valid: auto, on, off", 2 },
	{ WITH("guard=offf"), "did you mean 'off'?", 2 },
	{ WITH("discipline=fence"), "did you mean 'fenced'?", 2 },
	{ WITH("module_mode=busted"), "valid: normal, bare, counting", 2 },
	{ WITH("module_mode=busted_miscount"), "did you mean 'busted-miscount'?", 2 },
	{ WITH("primary=request"), "'request': give METRIC.STAT", 2 },
	{ WITH("primary=request.p98"), "no such statistic", 2 },
	{ WITH("primary=request.p99,"), "a comma at its end", 2 },
	{ WITH("primary=request.p99, request.p99"), "twice in the list", 2 },
	{ WITH("primary=, request.p99"), "give METRIC.STAT", 2 },
	{ WITH("primary=.request.p99"), "give [SECTION.]METRIC.STAT", 2 },
	{ WITH("primary=a.b.request.p99"), "give [SECTION.]METRIC.STAT", 2 },
	{ WITH("primary=nosuch.request.p99"), "the job has no section 'nosuch'", 2 },
	{ WITH("primary=reqest.p99"), "no metric 'reqest'", 2 },
	{ WITH("primary=module.request.p99"), "no metric 'request' in the module", 2 },
	{ WITH("primary=request.share"), "only module.callback has a share", 2 },
	{ WITH("oversubscribe=true"), "no such value: valid: no, yes", 2 },
	{ WITH("oversubscribe=1"), "valid: no, yes", 2 },
	{ SPAN "backing=hugetlb\n", "valid: anonymous, anonymous_hugetlb_2mb", 4 },
	{ SPAN "backing=anonymous_hugetlb_1g\n", "did you mean 'anonymous_hugetlb_1gb'?", 4 },
	{ SPAN "pinner_mode=chrun\n", "did you mean 'churn'?", 4 },
	{ "[s]\nworkload=map_unmap\ndevice=gpu\n", "no such value: valid: pci, mdev, both", 3 },
	{ "[s]\nworkload=map_unmap\ndevice=pci mdev\n", "no such value", 3 },
	{ "[s]\nworkload=map_unmap\ndevice=0000:00:01.0\n", "no such value", 3 },
};

static const struct bad bad_numbers[] = {
	{ SPAN "threads=0\n", "[span] threads=0: too small: give number, 1..1024", 4 },
	{ SPAN "threads=1025\n", "too large: give number, 1..1024", 4 },
	{ SPAN "threads=-1\n", "negative", 4 },
	{ SPAN "threads=+1\n", "not a number", 4 },
	{ SPAN "threads=two\n", "not a number", 4 },
	{ SPAN "threads=\n", "threads=: no value", 4 },
	{ SPAN "threads= ; many\n", "no value", 4 },
	{ SPAN "threads=2x\n", "junk after the number: 'x'", 4 },
	{ SPAN "threads=2 3\n", "junk after the number: ' 3'", 4 },
	{ SPAN "threads=0x10\n", "junk after the number: 'x10'", 4 },
	{ SPAN "threads=1e3\n", "junk after the number", 4 },
	{ SPAN "threads=1.5\n", "junk after the number", 4 },
	{ SPAN "threads=4k\n", "junk after the number: 'k'", 4 },
	{ SPAN "threads=any\n", "not a number", 4 },
	{ SPAN "threads=\"2\"\n", "not a number", 4 },
	{ SPAN "threads=18446744073709551617\n", "too large", 4 },
	{ SPAN "threads=4294967297\n", "too large", 4 },
	{ SPAN "threads=" HUNDRED "\n", "too large", 4 },
	{ SPAN "threads=1,\n", "no value", 4 },
	{ SPAN "threads=,1\n", "no value", 4 },
	{ SPAN "threads=1,,2\n", "no value", 4 },
	{ SPAN "threads=,\n", "no value", 4 },
	{ SPAN "threads=1, 2, 1\n", "twice in the list", 4 },
	{ SPAN "threads=1, 01\n", "twice in the list", 4 },
	{ SPAN "threads=1; 2\n", "junk after the number", 4 },
	{ SPAN "count=0\n", "too small", 4 },
	{ SPAN "count=16777217\n", "too large", 4 },
	{ SPAN "count=none\n", "not a number", 4 },
	{ SPAN "count=1-4\n", "junk after the number", 4 },
	{ SPAN "pin_every=0\n", "too small: give number, 1..16777216 or none", 4 },
	{ SPAN "pin_every=-0\n", "negative", 4 },
	{ SPAN "pin_every=nnoe\n", "not a number", 4 },
	{ SPAN "pin_every=None\n", "not a number", 4 },
	{ SPAN "pin_every=none, none\n", "twice in the list", 4 },
	{ SPAN "pin_every=16777217\n", "too large", 4 },
	{ SPAN "pin_pages=0\n", "too small", 4 },
	{ SPAN "pin_pages=513\n", "too large: give number, 1..512", 4 },
	{ SPAN "pinners=65\n", "too large", 4 },
	{ SPAN "pinners=-1\n", "negative", 4 },
	{ SPAN "ops=-1\n", "negative", 4 },
	{ SPAN "ops=1099511627777\n", "too large", 4 },
	{ SPAN "ops=none\n", "not a number", 4 },
	{ SPAN "node=-1\n", "negative: give number, 0..1023, any or all", 4 },
	{ SPAN "node=1024\n", "too large", 4 },
	{ SPAN "node=local\n", "not a number", 4 },
	{ SPAN "node=ANY\n", "not a number", 4 },
	{ SPAN "node=0-1\n", "junk after the number", 4 },
	{ SPAN "node=0, 0\n", "twice in the list", 4 },
	{ SPAN "mem_node=all\n", "give number, 0..1023, any or local", 4 },
	{ SPAN "mem_node=-3\n", "negative", 4 },
	{ SPAN "pinner_node=local\n", "give number, 0..1023 or any", 4 },
	{ SPAN "pinner_node=all\n", "not a number", 4 },
	{ WITH("mdevs=17"), "too large: give number, 0..16", 2 },
	{ WITH("mdevs=none"), "not a number", 2 },
	{ WITH("seed=18446744073709551616"), "too large", 2 },
	{ WITH("seed=-1"), "negative", 2 },
	{ WITH("seed=0xdeadbeef"), "junk after the number", 2 },
	{ SPAN "size=0\n", "too small: give size, 4k..1t", 4 },
	{ SPAN "size=0k\n", "too small", 4 },
	{ SPAN "size=1k\n", "too small", 4 },
	{ SPAN "size=4095\n", "too small", 4 },
	{ SPAN "size=4097\n", "not a multiple of 4k", 4 },
	{ SPAN "size=5k\n", "not a multiple of 4k", 4 },
	{ SPAN "size=2t\n", "too large", 4 },
	{ SPAN "size=1025g\n", "too large", 4 },
	{ SPAN "size=16777216t\n", "too large", 4 },
	{ SPAN "size=18446744073709551616\n", "too large", 4 },
	{ SPAN "size=-4k\n", "negative", 4 },
	{ SPAN "size=k\n", "not a number", 4 },
	{ SPAN "size=4q\n", "unknown unit 'q'", 4 },
	{ SPAN "size=4kb\n", "unknown unit 'kb': give size, 4k..1t (in bytes or with k, m, g, t)",
	  4 },
	{ SPAN "size=4KiB\n", "unknown unit 'KiB'", 4 },
	{ SPAN "size=4 k\n", "unknown unit ' k'", 4 },
	{ SPAN "size=4.5k\n", "unknown unit '.5k'", 4 },
	{ SPAN "size=4ms\n", "unknown unit 'ms'", 4 },
	{ SPAN "size=1p\n", "unknown unit 'p'", 4 },
	{ SPAN "size=4k4k\n", "unknown unit 'k4k'", 4 },
	{ SPAN "size=4k, 4096\n", "size=4096: twice in the list", 4 },
	{ SPAN "size=4k 8k\n", "unknown unit 'k 8k'", 4 },
	{ SPAN "size=any\n", "not a number", 4 },
};

static const struct bad bad_times[] = {
	{ WITH("duration=10"), "no unit: give time, 0s..744h (with ns, us, ms, s, m, h)", 2 },
	{ WITH("duration=0"), "no unit", 2 },
	{ WITH("duration="), "no value", 2 },
	{ WITH("duration=s"), "not a number", 2 },
	{ WITH("duration=-1s"), "negative", 2 },
	{ WITH("duration=1d"), "unknown unit 'd'", 2 },
	{ WITH("duration=1S"), "unknown unit 'S'", 2 },
	{ WITH("duration=1M"), "unknown unit 'M'", 2 },
	{ WITH("duration=1min"), "unknown unit 'min'", 2 },
	{ WITH("duration=1.5s"), "unknown unit '.5s'", 2 },
	{ WITH("duration=1m30s"), "unknown unit 'm30s'", 2 },
	{ WITH("duration=10k"), "unknown unit 'k'", 2 },
	{ WITH("duration=745h"), "too large", 2 },
	{ WITH("duration=9999999999999999999h"), "too large", 2 },
	{ WITH("duration=5124096h"), "too large", 2 },
	{ WITH("duration=forever"), "not a number", 2 },
	{ WITH("duration=10s, 10000ms"), "twice in the list", 2 },
	{ WITH("warmup=61m"), "too large", 2 },
	{ WITH("warmup=1"), "no unit", 2 },
	{ WITH("op_timeout=0s"), "too small: give time, 1s..24h", 2 },
	{ WITH("op_timeout=999ms"), "too small", 2 },
	{ WITH("op_timeout=25h"), "too large", 2 },
	{ WITH("callback_delay=1001ms"), "too large: give time, 0s..1s", 2 },
	{ WITH("callback_delay=20"), "no unit", 2 },
	{ SPAN "pinner_hold=2s\n", "too large", 4 },
	{ SPAN "pinner_hold=100\n", "no unit", 4 },
	{ SPAN "pinner_hold=none\n", "not a number", 4 },
};

static const struct bad bad_rules[] = {
	{ SPAN "rate=1..9\n", "a sweep is FROM..TO*FACTOR or FROM..TO+STEP", 4 },
	{ SPAN "rate=..9*2\n", "a sweep is FROM..TO*FACTOR", 4 },
	{ SPAN "rate=1..*2\n", "a sweep is FROM..TO*FACTOR", 4 },
	{ SPAN "rate=1..9*\n", "a sweep is FROM..TO*FACTOR", 4 },
	{ SPAN "rate=9..1*2\n", "ends below its start", 4 },
	{ SPAN "rate=1..9*1\n", "factor '1': give a whole number, 2 or more", 4 },
	{ SPAN "rate=1..9*2x\n", "factor '2x'", 4 },
	{ SPAN "rate=1..9*-2\n", "factor '-2'", 4 },
	{ SPAN "rate=1..9+0\n", "step '0': too small", 4 },
	{ SPAN "rate=0..9*2\n", "too small", 4 },
	{ SPAN "rate=none..9*2\n", "not a number", 4 },
	{ SPAN "rate=1..99999999*2\n", "too large", 4 },
	{ SPAN "rate=1..5000+1\n", "the sweep has more than 4096 values", 4 },
	{ SPAN "rate=1..4096+1, 5000\n", "more than 4096 values in the list", 4 },
	{ SPAN "rate=1..4*2, 2\n", "rate=2: twice in the list", 4 },
	{ SPAN "size=4k..16k+3k\n", "step '3k': not a multiple of 4k", 4 },
	{ GLOBAL "mdevs=0..4*2\n" SPAN, "0 times anything is 0", 2 },
	{ SPAN "rate=0\n", "rate=0: too small: give number, 1..10000000 or none", 4 },
	{ SPAN "rate=10000001\n", "too large", 4 },
	{ SPAN "rate=1k\n", "junk after the number: 'k'", 4 },
	{ SPAN "arrival=bursts\n", "no such value", 4 },
	{ "[r]\nworkload=unmap_race\ndevice=mdev\nthreads=2\nrate=10\n",
	  "rate=10: the threads of workload unmap_race start each step together", 5 },
	{ SPAN "prefault=some\n", "no such value", 4 },
	{ SPAN "prefault_threads=257\n", "too large", 4 },
	{ SPAN "unmaps=0\n", "too small", 4 },
	{ SPAN "pattern=reverse\n", "pattern=reverse: workload notify_span has its own way", 4 },
	{ SPAN "unmaps=2\n", "unmaps=2: workload notify_span has its own way", 4 },
	{ SPAN "buffers=2\n", "has its own way", 4 },
	{ SPAN "batch=2\n", "has its own way", 4 },
	{ SPAN "remap_every=never\n", "has its own way", 4 },
	{ "[s]\nworkload=exit_mapped\nthp=never\n", "has its own way", 3 },
	{ "[s]\nworkload=exit_mapped\nprefault=none\n", "has its own way", 3 },
	{ "[s]\nworkload=map_cycle\nbatch=2\n", "batch=2: unmaps one by one: give unmaps=each", 3 },
	{ PCI "backing=bar\n", "a device's registers are no memory: use map_cycle", 4 },
	{ "[s]\nworkload=map_cycle\nbacking=bar\n", "would touch the device's registers", 1 },
	{ "[s]\nworkload=map_cycle\nbacking=bar\nprefault=none\ndevice=mdev\n", "give device=pci", 3 },
	{ GLOBAL "iommu_mode=null\n[s]\nworkload=map_cycle\nbacking=bar\nprefault=none\n",
	  "is an assigned device's", 5 },
	{ WITH("containers=0"), "too small", 2 },
	{ WITH("containers=17"), "too large", 2 },
	{ GLOBAL "mdevs=9\ncontainers=2\n" SPAN, "containers=2: times mdevs=9 is more than 16", 3 },
	{ GLOBAL "containers=2\n[s]\nworkload=exit_mapped\n", "opens its own: leave it out", 2 },
	{ WITH("samples=maybe"), "no such value", 2 },
	{ WITH("samples_io=aio"), "no such value", 2 },
	{ WITH("duration=0s"), "[span] ops=0: and duration=0s: it would never end", 3 },
	{ GLOBAL "duration=0s\n" SPAN "ops=0\n", "it would never end", 6 },
	{ GLOBAL "duration=0s\n" SPAN "[x]\nworkload=map_unmap\n", "it would never end", 3 },
	{ "[s]\nworkload=dma_verify\nthreads=2\ncount=2\n", "one thread at a time can: threads=1", 3 },
	{ "[s]\nworkload=dma_verify\ncount=2\n[t]\nworkload=irq_latency\n",
	  "[s] uses the device already, with dma_verify", 5 },
	{ "[s]\nworkload=irq_latency\ndevice=mdev\n", "uses the PCI device: give device=pci or both", 3 },
	{ GLOBAL "iommu_mode=null\n[s]\nworkload=device_open_close\ncount=2\n",
	  "needs a device, and iommu_mode=null has none", 4 },
	{ GLOBAL "duration=5s, 0s\n" SPAN, "it would never end", 3 },
	{ PCI "pin_every=1\n", "pin_every=1: an mdev pins: give device=mdev or both", 4 },
	{ PCI "pinners=1\n", "pinners=1: an mdev pins: give device=mdev or both", 4 },
	{ "[s]\nworkload=map_unmap\npinners=1\n", "give device=mdev or both", 3 },
	{ "[s]\nworkload=pin_churn\n", "device=pci: workload pin_churn pins", 1 },
	{ "[s]\nworkload=pin_churn\ndevice=pci\n", "give device=mdev or both", 3 },
	{ "[s]\nworkload=pin_churn\ndevice=mdev, pci\n", "give device=mdev or both", 3 },
	{ "[s]\nworkload=dma_verify\ndevice=mdev\ncount=2\n", "give device=pci or both", 3 },
	{ GLOBAL "iommu_mode=null\n[s]\nworkload=dma_verify\ncount=2\n",
	  "needs a device, and iommu_mode=null has none", 4 },
	{ GLOBAL "iommu_mode=null\n[s]\nworkload=pin_churn\ndevice=mdev\n", "has none", 4 },
	{ WITH("iommu_mode=null"), "device=both: iommu_mode=null has no devices", 5 },
	{ WITH("mdevs=0"), "device=both: mdevs=0: give mdevs=1 or more", 5 },
	{ SPAN "pin_every=2\n", "pin_every=2: more than count=1", 4 },
	{ SPAN "count=16, 8\npin_every=16\n", "more than count=8", 5 },
	{ SPAN "pin_pages=2\n", "more than a mapping has", 4 },
	{ SPAN "size=8k, 4k\npin_pages=2\n", "more than a mapping has", 5 },
	{ SPAN "pinner_mode=racing\n", "ignores the fence: give discipline=racing", 4 },
	{ SPAN "pinner_mode=steady\npinner_hold=1us\n", "leaves the pins to the callback", 5 },
	{ WITH("guard=off"),
	  "guard=off: can hang or crash the kernel: give class=pathological", 2 },
	{ GLOBAL "class=stress\nguard=off\n" SPAN, "give class=pathological", 3 },
	{ WITH("guard=auto, off"), "give class=pathological", 2 },
	{ WITH("discipline=racing"), "discipline=racing: can hang or crash", 2 },
	{ WITH("module_mode=busted-skip-unpin"), "can hang or crash the kernel", 2 },
	{ WITH("module_mode=busted-lock"), "can hang or crash the kernel", 2 },
	{ PCI "size=1t\ncount=17\n", "times size= is more than 16t", 5 },
	{ PCI "size=1t\ncount=16777216\n", "times size= is more than 16t", 5 },
	{ PCI "count=16777216\nsize=1m, 2m\n", "times size= is more than 16t", 4 },
	{ SPAN "size=64g\ncount=2\n", "more than 64g", 5 },
	{ SPAN "threads=257\n", "more than 256 windows on an mdev", 4 },
	{ SPAN "threads=200\n[b]\nworkload=map_unmap\ndevice=mdev\nthreads=57\n",
	  "[b] threads=57: more than 256 windows", 8 },
	{ SPAN "threads=2\npinners=33\n", "more than 64 pinners in all", 5 },
	{ "[s]\nworkload=dma_verify\ncount=2\ndevice=both\npinners=1\n",
	  "workload dma_verify takes none: give pinners=0", 5 },
	{ "[s]\nworkload=unmap_race\nthreads=2\n", "give device=mdev or both", 1 },
	{ "[s]\nworkload=unmap_race\nthreads=2\ndevice=mdev\nnode=all\n",
	  "mem_node=local: the threads share one window", 1 },
	{ "[s]\nworkload=unmap_race\ndevice=mdev\n",
	  "threads=1: workload unmap_race needs at least 2", 1 },
	{ "[s]\nworkload=dma_verify\n", "count=1: workload dma_verify needs at least 2", 1 },
	{ "[s]\nworkload=mdev_open_close\ndevice=mdev\n",
	  "[global] mdevs=1: workload mdev_open_close of [s] needs at least 2", 0 },
	{ GLOBAL "mdevs=1\n[s]\nworkload=mdev_open_close\ndevice=mdev\n", "at least 2", 2 },
	{ "[s]\nworkload=unmap_race\nthreads=513\ndevice=mdev\n", "more than 512 threads", 3 },
};

static void check(const struct bad *bad, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		struct vb_job_error err = { .line = 12345 };
		struct vb_job_run *runs = NULL;
		struct vb_job *job = NULL;
		size_t nr_runs;
		int ret;

		ret = vb_job_parse("bad.job", bad[i].text, strlen(bad[i].text), &job, &err);
		if (!ret)
			ret = vb_job_expand(job, &runs, &nr_runs, &err);
		if (ret != -EINVAL || !strstr(err.text, bad[i].fragment) ||
		    err.line != bad[i].line || strncmp(err.text, "bad.job:", 8))
			fail_msg("%s: case %zu:\n%s\ngave %d, line %u (want %u)\n%s\nwant: %s",
				 __func__, i, bad[i].text, ret, err.line, bad[i].line, err.text,
				 bad[i].fragment);
		assert_null(runs);
		for (const char *c = err.text; *c; c++)
			assert_true((unsigned char)*c >= ' ' && (unsigned char)*c < 0x7f);
		vb_job_free(job);
	}
	print_message("# %zu bad inputs\n", nr);
}

#define CHECK(table) check(table, sizeof(table) / sizeof((table)[0]))

static void test_shape(void **state) { CHECK(bad_shape); }
static void test_keys(void **state) { CHECK(bad_keys); }
static void test_numbers(void **state) { CHECK(bad_numbers); }
static void test_times(void **state) { CHECK(bad_times); }
static void test_rules(void **state) { CHECK(bad_rules); }

static void test_nul(void **state)
{
	static const char text[] = SPAN "count=1\0" "6\n";
	struct vb_job_error err;
	struct vb_job *job;

	assert_int_equal(vb_job_parse("x", text, sizeof(text) - 1, &job, &err), -EINVAL);
	assert_non_null(strstr(err.text, "x:4: a NUL byte"));
	assert_null(job);
	assert_int_equal(vb_job_parse("x", "\0", 1, &job, &err), -EINVAL);
	assert_int_equal(err.line, 1);
}

static void test_too_many_sections(void **state)
{
	char text[VB_JOB_MAX_SECTIONS * 40 + 40];
	struct vb_job_error err;
	struct vb_job *job;
	size_t used = 0;

	for (int i = 0; i <= VB_JOB_MAX_SECTIONS; i++)
		used += (size_t)sprintf(text + used, "[s%d]\nworkload=map_unmap\n", i);
	assert_int_equal(vb_job_parse("x", text, used, &job, &err), -EINVAL);
	assert_non_null(strstr(err.text, "too many sections: at most 64"));
	assert_int_equal(err.line, 2 * VB_JOB_MAX_SECTIONS + 1);
}

/* Every value just outside the limits of the table is refused, for every key. */
static void test_limits(void **state)
{
	char text[256], value[32];
	struct vb_job_error err;
	struct vb_job *job;

	for (size_t i = 0; i < vb_nr_job_keys; i++) {
		const struct vb_job_key *key = &vb_job_keys[i];
		bool time = key->type == VB_JOB_TIME;

		if (!key->max || key->max == UINT64_MAX)
			continue;
		for (int high = 0; high < 2; high++) {
			if (!high && !key->min)
				continue;
			snprintf(value, sizeof(value), "%llu%s", (unsigned long long)
				 (high ? key->max + 1 : key->min - 1), time ? "ns" : "");
			snprintf(text, sizeof(text), "[%s]\n%s=%s\n[x]\nworkload=map_unmap\n",
				 key->global ? "global" : "y", key->name, value);
			assert_int_equal(vb_job_parse("x", text, strlen(text), &job, &err),
					 -EINVAL);
			if (!strstr(err.text, high ? "too large" : "too small"))
				fail_msg("%s: %s", text, err.text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_too_many_sections),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
