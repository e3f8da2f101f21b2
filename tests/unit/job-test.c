// SPDX-License-Identifier: GPL-2.0-or-later
/* Job files that are good: notation, values, files, and there and back. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/engine/job_path.h"
#include "tests/unit/job-helper.h"

static void test_defaults(void **state)
{
	struct expanded e;
	const struct vb_section *s;
	const struct vb_global *g;

	expand("[span]\nworkload=map_unmap\n", &e);
	assert_int_equal(e.nr, 1);
	assert_string_equal(e.runs[0].label, "");
	assert_int_equal(e.runs[0].nr_sections, 1);
	g = &e.runs[0].global;
	assert_string_equal(g->description, "");
	assert_int_equal(g->class, VB_CLASS_STANDARD);
	assert_string_equal(g->iommu->name, "vfio_type1v2_iommu");
	assert_int_equal(g->duration_ns, 10000000000);
	assert_int_equal(g->warmup_ns, 1000000000);
	assert_int_equal(g->op_timeout_ns, 600000000000);
	assert_int_equal(g->seed, 0);
	assert_int_equal(g->guard, VB_GUARD_AUTO);
	assert_int_equal(g->discipline, VB_DISCIPLINE_FENCED);
	assert_int_equal(g->module_mode, VB_MODE_NORMAL);
	assert_int_equal(g->callback_delay_ns, 0);
	assert_int_equal(g->mdevs, 1);
	assert_false(g->oversubscribe);
	s = &e.runs[0].section[0];
	assert_string_equal(s->name, "span");
	assert_string_equal(s->workload->name, "map_unmap");
	assert_int_equal(s->device, VB_TARGET_PCI);
	assert_int_equal(s->threads, 1);
	assert_int_equal(s->node, VB_NODE_ANY);
	assert_int_equal(s->mem_node, VB_NODE_LOCAL);
	assert_int_equal(s->backing, VB_BACKING_ANONYMOUS);
	assert_int_equal(s->size_bytes, 4096);
	assert_int_equal(s->count, 1);
	assert_int_equal(s->pin_every, 0);
	assert_int_equal(s->pin_pages, 1);
	assert_int_equal(s->ops, 0);
	assert_int_equal(s->pinners, 0);
	assert_int_equal(s->pinner_mode, VB_PINNER_CHURN);
	assert_int_equal(s->pinner_node, VB_NODE_ANY);
	assert_int_equal(s->pinner_hold_ns, 0);
	assert_string_equal(vb_job_name(e.job), "good");
	release(&e);
}

/* Comments, blanks, CRLF, BOM, ':' for '=': what inih takes, and indented lines. */
static void test_notation(void **state)
{
	struct expanded e;

	expand("\xef\xbb\xbf; comment\r\n# another\r\n\r\n[a]  ; this one\r\n"
	       "  workload = map_unmap ; inline\r\n\tcount:7\r\n"
	       "\t[b-_9]\r\n workload=notify_span\r\nsize=2M\r\n"
	       "[global]\r\n description = an: odd=text, #2;x \r\nduration=90m", &e);
	assert_int_equal(e.runs[0].nr_sections, 2);
	assert_int_equal(e.runs[0].section[0].count, 7);
	assert_string_equal(e.runs[0].section[1].name, "b-_9");
	assert_int_equal(e.runs[0].section[1].size_bytes, 2 << 20);
	assert_string_equal(e.runs[0].global.description, "an: odd=text, #2;x");
	assert_int_equal(e.runs[0].global.duration_ns, 5400000000000);
	release(&e);
}

static void test_units(void **state)
{
	static const struct { const char *text; uint64_t bytes; } sizes[] = {
		{ "4096", 4096 }, { "4k", 4096 }, { "12K", 12288 }, { "2m", 2 << 20 },
		{ "1g", 1 << 30 }, { "1t", 1ull << 40 }, { "1024g", 1ull << 40 },
		{ "1099511627776", 1ull << 40 }, { "0004k", 4096 },
	};
	static const struct { const char *text; uint64_t ns; } times[] = {
		{ "0s", 0 }, { "0ns", 0 }, { "1ns", 1 }, { "5us", 5000 }, { "7ms", 7000000 },
		{ "3s", 3000000000 }, { "2m", 120000000000 }, { "744h", 2678400000000000 },
	};
	char text[128];
	struct expanded e;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		snprintf(text, sizeof(text), "[a]\nworkload=map_unmap\nsize=%s\n", sizes[i].text);
		expand(text, &e);
		assert_int_equal(e.runs[0].section[0].size_bytes, sizes[i].bytes);
		release(&e);
	}
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		snprintf(text, sizeof(text), "[global]\nduration=%s\n[a]\nworkload=map_unmap\n"
			 "ops=1\n", times[i].text);
		expand(text, &e);
		assert_int_equal(e.runs[0].global.duration_ns, times[i].ns);
		release(&e);
	}
}

/* Write a run, read it, expand it: the same bytes. */
static void check_round_trip(const struct vb_job_run *run)
{
	int fd = memfd_create("job", MFD_CLOEXEC);
	struct vb_job_error err = { 0 };
	char path[64];
	struct expanded e;

	assert_true(fd >= 0);
	assert_int_equal(vb_job_run_write(run, fd), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (vb_job_read(path, &e.job, &err))
		fail_msg("%s", err.text);
	expand_job(e.job, &e);
	assert_int_equal(e.nr, 1);
	assert_memory_equal(&e.runs[0], run, sizeof(*run));
	release(&e);
	close(fd);
}

/* A section without ops= ends when those that have them are done. */
static void test_ends_with_others(void **state)
{
	struct expanded e;

	expand("[global]\nduration=0s\n[a]\nworkload=map_unmap\nops=1\n[b]\nworkload=map_unmap\n", &e);
	assert_int_equal(e.nr, 1);
	assert_int_equal(e.runs[0].section[1].ops, 0);
	release(&e);
}

static void test_round_trip(void **state)
{
	struct expanded e;

	expand("[global]\ndescription=what; #it is, \xc3\xa4=b:c\nlabel=;x\nsource= s t \n"
	       "class=pathological\niommu_mode=vfio_type1v2_iommu\nduration=1500ms,0s\n"
	       "warmup=1ns\nop_timeout=61s\nseed=18446744073709551615\nguard=off,on\n"
	       "discipline=racing\nmodule_mode=busted-miscount,bare\nmdevs=16\ncallback_delay=1s\n"
	       "oversubscribe=yes\nprimary=a.unmap.p99, request.mean,module.callback.share\n"
	       "[a]\nworkload=map_unmap,notify_span\ndevice=both,mdev\nthreads=3\n"
	       "node=all,any,1023\nmem_node=any,local,0\nbacking=shmem\nsize=1028k\ncount=77\n"
	       "pin_every=7,none\npin_pages=2\nops=123456789012\npinners=2\n"
	       "pinner_mode=racing\npinner_node=2\npinner_hold=999999us\n"
	       "[0-_]\nworkload=map_unmap\nops=1\nsize=1t\n", &e);
	assert_int_equal(e.nr, 2 * 2 * 2 * 2 * 2 * 3 * 3 * 2);
	for (size_t i = 0; i < e.nr; i++)
		check_round_trip(&e.runs[i]);
	release(&e);
}

/* The longest texts fit the longest line. */
static void test_round_trip_long(void **state)
{
	char text[1024];
	struct expanded e;
	int n;

	n = snprintf(text, sizeof(text), "[global]\ndescription=%0*d\nsource=%0*d\nlabel=%0*d\n",
		     VB_JOB_TEXT_SIZE - 1, 1, VB_JOB_TEXT_SIZE - 1, 2, VB_JOB_TEXT_SIZE - 1, 3);
	snprintf(text + n, sizeof(text) - (size_t)n, "[%063d]\nworkload=map_unmap\n", 4);
	expand(text, &e);
	assert_int_equal(strlen(e.runs[0].global.description), VB_JOB_TEXT_SIZE - 1);
	check_round_trip(&e.runs[0]);
	release(&e);
}

static void test_write_fails(void **state)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct expanded e;

	expand("[a]\nworkload=map_unmap\n", &e);
	assert_int_equal(vb_job_run_write(&e.runs[0], fd), -ENOSPC);
	assert_int_equal(vb_job_run_write(&e.runs[0], -1), -EBADF);
	release(&e);
	close(fd);
}

static void test_read_fails(void **state)
{
	struct vb_job_error err;
	struct vb_job *job;

	assert_int_equal(vb_job_read("/nonexistent/x.job", &job, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/x.job: can't be read: No such file"));
	assert_int_equal(vb_job_read("/", &job, &err), -EISDIR);
	assert_null(job);
	assert_int_equal(vb_job_read("/dev/zero", &job, &err), -EINVAL);
	assert_non_null(strstr(err.text, "larger than 1m"));
}

/* The jobs that the suite ships. */
static void test_shipped(void **state)
{
	const char *srcdir = getenv("top_srcdir");
	char pattern[4096];
	glob_t found;

	if (!srcdir)
		skip();
	snprintf(pattern, sizeof(pattern), "%s/bench/job/*.job", srcdir);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 7);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct vb_job_error err = { 0 };
		struct vb_global global;
		struct expanded e;

		if (vb_job_read(found.gl_pathv[i], &e.job, &err))
			fail_msg("%s", err.text);
		vb_job_global(e.job, &global);
		assert_true(global.description[0] && global.source[0]);
		expand_job(e.job, &e);
		assert_true((global.class == VB_CLASS_PATHOLOGICAL) ==
			    (global.guard == VB_GUARD_OFF ||
			     global.discipline == VB_DISCIPLINE_RACING));
		if (!strcmp(vb_job_name(e.job), "notify-span"))
			assert_int_equal(e.nr, 8);
		for (size_t j = 0; j < e.nr; j++)
			check_round_trip(&e.runs[j]);
		release(&e);
	}
	globfree(&found);
}

/* What the table says in words is what it says in numbers. */
static void test_table(void **state)
{
	for (size_t i = 0; i < vb_nr_job_keys; i++) {
		const struct vb_job_key *key = &vb_job_keys[i];
		char text[256];
		struct vb_job_error err = { 0 };
		struct vb_job *job;

		assert_true(key->help && *key->help && key->values);
		for (const struct vb_job_word *w = key->words; w && w->name; w++)
			assert_non_null(strstr(key->values, w->name));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(vb_job_keys[j].name, key->name);
		if (i && vb_job_keys[i - 1].global == key->global)
			assert_true(strcmp(vb_job_keys[i - 1].name, key->name) < 0);
		if (!key->standard || !*key->standard)
			continue;
		snprintf(text, sizeof(text), "[%s]\n%s=%s\n%sworkload=map_unmap\n",
			 key->global ? "global" : "x", key->name, key->standard,
			 key->global ? "[x]\n" : "");
		if (vb_job_parse("table", text, strlen(text), &job, &err))
			fail_msg("%s: %s", text, err.text);
		vb_job_free(job);
	}
}

static void test_locate(void **state)
{
	char path[4096];

	assert_int_equal(vb_job_locate("./a", path, sizeof(path)), 0);
	assert_string_equal(path, "./a");
	assert_int_equal(vb_job_locate("x.job", path, sizeof(path)), 0);
	assert_string_equal(path, "x.job");
	assert_int_equal(vb_job_locate("no-such-job", path, sizeof(path)), -ENOENT);
	assert_int_equal(vb_job_locate("", path, sizeof(path)), -EINVAL);
	assert_int_equal(vb_job_locate("./abc", path, 5), -ENAMETOOLONG);
	assert_int_equal(vb_job_locate("./abc", path, 6), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_notation),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_ends_with_others),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_round_trip_long),
		cmocka_unit_test(test_write_fails),
		cmocka_unit_test(test_read_fails),
		cmocka_unit_test(test_shipped),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_locate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
