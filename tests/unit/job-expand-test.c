// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of a job: the matrix, its order, its labels; overrides. */
#include <errno.h>
#include <stdio.h>

#include "tests/unit/job-helper.h"

static void set(struct vb_job *job, const char *assignment)
{
	struct vb_job_error err = { 0 };

	if (vb_job_set(job, assignment, &err))
		fail_msg("%s: %s", assignment, err.text);
}

static void set_fails(struct vb_job *job, const char *assignment, const char *fragment)
{
	struct vb_job_error err = { .line = 1 };

	assert_int_equal(vb_job_set(job, assignment, &err), -EINVAL);
	assert_int_equal(err.line, 0);
	if (strncmp(err.text, "override: ", 10) || !strstr(err.text, fragment))
		fail_msg("%s: %s\nwant: %s", assignment, err.text, fragment);
}

static void assert_labels(const struct expanded *e, const char *const *labels, size_t nr)
{
	assert_int_equal(e->nr, nr);
	for (size_t i = 0; i < nr; i++)
		assert_string_equal(e->runs[i].label, labels[i]);
}

#define LABELS(e, ...) do { \
	static const char *const labels[] = { __VA_ARGS__ }; \
	assert_labels(e, labels, sizeof(labels) / sizeof(labels[0])); \
} while (0)

/* The first list of the file varies slowest. */
static void test_matrix(void **state)
{
	struct expanded e;

	expand("[s]\nworkload=notify_span\ndevice=both\ncount=1024,4096\n"
	       "pin_every= 16 , none\n", &e);
	LABELS(&e, "count=1024 pin_every=16", "count=1024 pin_every=none",
	       "count=4096 pin_every=16", "count=4096 pin_every=none");
	assert_int_equal(e.runs[1].section[0].count, 1024);
	assert_int_equal(e.runs[1].section[0].pin_every, 0);
	assert_int_equal(e.runs[2].section[0].count, 4096);
	assert_int_equal(e.runs[2].section[0].pin_every, 16);
	release(&e);

	expand("[s]\nworkload=map_unmap, notify_span\nsize=4096,2048k,1024m\n"
	       "[global]\nlabel=x y\nduration=1s,60m\nseed=3\n", &e);
	assert_int_equal(e.nr, 12);
	assert_string_equal(e.runs[0].label, "x y workload=map_unmap size=4k duration=1s");
	assert_string_equal(e.runs[11].label, "x y workload=notify_span size=1g duration=1h");
	assert_string_equal(e.runs[11].section[0].workload->name, "notify_span");
	release(&e);
}

static void test_matrix_prefix(void **state)
{
	struct expanded e;

	expand("[a]\nworkload=map_unmap\ncount=1,2\nnode=0\n"
	       "[b]\nworkload=map_unmap\ncount=3,4\nnode=any,all\n", &e);
	LABELS(&e, "a.count=1 b.count=3 node=any", "a.count=1 b.count=3 node=all",
	       "a.count=1 b.count=4 node=any", "a.count=1 b.count=4 node=all",
	       "a.count=2 b.count=3 node=any", "a.count=2 b.count=3 node=all",
	       "a.count=2 b.count=4 node=any", "a.count=2 b.count=4 node=all");
	assert_int_equal(e.runs[5].section[0].count, 2);
	assert_int_equal(e.runs[5].section[0].node, 0);
	assert_int_equal(e.runs[5].section[1].count, 3);
	assert_int_equal(e.runs[5].section[1].node, VB_NODE_ALL);
	release(&e);
}

static void test_matrix_limits(void **state)
{
	struct vb_job_error err;
	struct vb_job_run *runs;
	struct vb_job *job;
	char list[256] = "a.count=1";
	size_t nr;

	for (int i = 2; i <= 64; i++)
		sprintf(strchr(list, 0), ",%d", i);
	job = parse("[a]\nworkload=map_unmap\n[b]\nworkload=map_unmap\n");
	set(job, list);
	*list = 'b';
	set(job, list);
	assert_int_equal(vb_job_expand(job, &runs, &nr, &err), 0);
	assert_int_equal(nr, VB_JOB_MAX_RUNS);
	free(runs);
	set(job, "a.threads=1,2");
	assert_int_equal(vb_job_expand(job, &runs, &nr, &err), -E2BIG);
	assert_non_null(strstr(err.text, "more than 4096 runs: shorten one"));
	assert_null(runs);
	assert_int_equal(nr, 0);
	vb_job_free(job);
}

static void test_label_too_long(void **state)
{
	char text[600] = "[global]\nlabel=";
	struct vb_job_error err;
	struct vb_job_run *runs;
	struct vb_job *job;
	size_t nr;

	memset(strchr(text, 0), 'x', 170);
	strcat(text, "\n[a]\nworkload=map_unmap\ncount=1,2\n");
	job = parse(text);
	assert_int_equal(vb_job_expand(job, &runs, &nr, &err), -EINVAL);
	assert_non_null(strstr(err.text, "too many lists"));
	vb_job_free(job);
}

static void test_override(void **state)
{
	struct expanded e;
	struct vb_job *job;

	job = parse("[global]\nduration=1s\n[a]\nworkload=map_unmap\ncount=1,2\n"
		    "[b]\nworkload=notify_span\n");
	set(job, "duration=2s");
	set(job, " global.seed = 7 ");
	set(job, "a.count=9");
	set(job, "size=8k");
	set(job, "b.node = all");
	set(job, "description=two; three, four");
	expand_job(job, &e);
	assert_int_equal(e.nr, 1);
	assert_int_equal(e.runs[0].global.duration_ns, 2000000000);
	assert_int_equal(e.runs[0].global.seed, 7);
	assert_string_equal(e.runs[0].global.description, "two; three, four");
	assert_int_equal(e.runs[0].section[0].count, 9);
	assert_int_equal(e.runs[0].section[0].size_bytes, 8192);
	assert_int_equal(e.runs[0].section[1].size_bytes, 8192);
	assert_int_equal(e.runs[0].section[0].node, VB_NODE_ANY);
	assert_int_equal(e.runs[0].section[1].node, VB_NODE_ALL);
	release(&e);
}

/* One list for all sections is one dimension, until a section leaves it. */
static void test_override_list(void **state)
{
	struct expanded e;
	struct vb_job *job;

	job = parse("[a]\nworkload=map_unmap\n[b]\nworkload=notify_span\n");
	set(job, "size=4k,8k");
	expand_job(job, &e);
	LABELS(&e, "size=4k", "size=8k");
	assert_int_equal(e.runs[1].section[0].size_bytes, 8192);
	assert_int_equal(e.runs[1].section[1].size_bytes, 8192);
	free(e.runs);
	set(job, "a.size=64k");
	expand_job(job, &e);
	LABELS(&e, "size=4k", "size=8k");
	assert_int_equal(e.runs[1].section[0].size_bytes, 65536);
	assert_int_equal(e.runs[1].section[1].size_bytes, 8192);
	free(e.runs);
	set(job, "a.size=1m,2m");
	expand_job(job, &e);
	LABELS(&e, "a.size=1m b.size=4k", "a.size=1m b.size=8k", "a.size=2m b.size=4k",
	       "a.size=2m b.size=8k");
	release(&e);
}

static void test_override_bad(void **state)
{
	struct vb_job *job = parse("[a]\nworkload=map_unmap\n[b]\nworkload=notify_span\n");
	struct vb_job_error err;
	struct expanded e;
	char text[5000];

	set_fails(job, "", "give KEY=VALUE or SECTION.KEY=VALUE");
	set_fails(job, "count", "give KEY=VALUE");
	set_fails(job, "=1", "give KEY=VALUE");
	set_fails(job, " =1", "unknown key ''");
	set_fails(job, "conut=1", "did you mean 'count'?");
	set_fails(job, "xyzzy=1", "valid: ");
	set_fails(job, "count=", "[a] count=: no value");
	set_fails(job, "count=0", "[a] count=0: too small: give number, 1..16777216");
	set_fails(job, "b.count=none", "[b] count=none: not a number");
	set_fails(job, "c.count=1", "no section 'c' in dir/good.job: valid: global, a, b");
	set_fails(job, "golbal.seed=1", "did you mean 'global'?");
	set_fails(job, ".count=1", "no section ''");
	set_fails(job, "a.=1", "unknown key ''");
	set_fails(job, "a.b.count=1", "unknown key 'b.count'");
	set_fails(job, "a.seed=1", "[a] seed=: belongs in [global]");
	set_fails(job, "global.count=1", "belongs in a worker section");
	set_fails(job, "count=1\n[x]", "a control character");
	set_fails(job, "description=a ;b", "begins a comment");
	set_fails(job, "description=\xff", "not UTF-8");
	set_fails(job, "class=smoke,stress", "takes one value");
	memset(text, '1', sizeof(text));
	memcpy(text, "count=", 6);
	text[sizeof(text) - 1] = 0;
	set_fails(job, text, "longer than 4096 bytes");
	expand_job(job, &e);
	assert_int_equal(e.runs[0].section[0].count, 1);
	free(e.runs);
	/* A rule that an override breaks names the override. */
	set(job, "guard=off");
	assert_int_equal(vb_job_expand(job, &e.runs, &e.nr, &err), -EINVAL);
	assert_string_equal(err.text, "override: [global] guard=off: can hang or crash the "
			    "kernel: give class=pathological too");
	vb_job_free(job);
}

/* count= where there are several, else size=, in whole pages of the backing, and never nothing. */
static void test_scale(void **state)
{
	struct expanded e;

	expand("[global]\nscale=4\n[a]\nworkload=map_unmap\nsize=16m\n"
	       "[b]\nworkload=map_unmap\nsize=8k\ncount=1000\n"
	       "[c]\nworkload=map_unmap\ncount=3\n"
	       "[d]\nworkload=map_unmap\nsize=6m\nbacking=anonymous_hugetlb_2mb\n"
	       "[e]\nworkload=map_cycle\ncount=8\nbuffers=5\n", &e);
	assert_int_equal(e.runs[0].section[0].size_bytes, 4 << 20);
	assert_int_equal(e.runs[0].section[0].count, 1);
	assert_int_equal(e.runs[0].section[1].size_bytes, 8192);
	assert_int_equal(e.runs[0].section[1].count, 250);
	assert_int_equal(e.runs[0].section[2].size_bytes, 4096);
	assert_int_equal(e.runs[0].section[2].count, 1);
	assert_int_equal(e.runs[0].section[3].size_bytes, 2 << 20);
	assert_int_equal(e.runs[0].section[4].count, 2);
	assert_int_equal(e.runs[0].section[4].buffers, 1);
	assert_int_equal(e.runs[0].section[4].job_buffers, 5);
	assert_int_equal(e.runs[0].section[0].job_size_bytes, 16 << 20);
	assert_int_equal(e.runs[0].section[1].job_count, 1000);
	release(&e);
}

static void test_sweeps(void **state)
{
	struct expanded e;

	expand("[s]\nworkload=map_unmap\nrate=none, 1000..9000*2, 9\n", &e);
	LABELS(&e, "rate=none", "rate=1000", "rate=2000", "rate=4000", "rate=8000", "rate=9");
	assert_int_equal(e.runs[4].section[0].rate_per_s, 8000);
	release(&e);
	expand("[s]\nworkload=map_unmap\nsize=4k..12k+4k\n[global]\nduration=1s..2s+500ms\n", &e);
	assert_int_equal(e.nr, 9);
	assert_string_equal(e.runs[8].label, "size=12k duration=2s");
	release(&e);
	expand("[s]\nworkload=map_unmap\ncount=7..7*2\n", &e);
	assert_int_equal(e.nr, 1);
	assert_int_equal(e.runs[0].section[0].count, 7);
	release(&e);
	/* To the end of 64 bits, and not around it. */
	expand("[s]\nworkload=map_unmap\n[global]\nseed=1..18446744073709551615*4294967296\n", &e);
	LABELS(&e, "seed=1", "seed=4294967296");
	release(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_matrix_prefix),
		cmocka_unit_test(test_matrix_limits),
		cmocka_unit_test(test_label_too_long),
		cmocka_unit_test(test_override),
		cmocka_unit_test(test_override_list),
		cmocka_unit_test(test_override_bad),
		cmocka_unit_test(test_scale),
		cmocka_unit_test(test_sweeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
