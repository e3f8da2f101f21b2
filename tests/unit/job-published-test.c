// SPDX-License-Identifier: GPL-2.0-or-later
/* The section [published]: read, refused with its line, held against runs. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>

#include "bench/engine/published.h"
#include "tests/unit/job-helper.h"

#define JOB	"[global]\nduration=1s\n" \
		"[a]\nworkload=map_unmap\nsize=4k, 2m\ncount=256\n" \
		"[b]\nworkload=notify_span\ndevice=both\nthreads=1, 2\ncount=16\n"
#define HEAD	"[published]\nhardware=a machine\n"

static const struct vb_published *published(const struct expanded *e)
{
	const struct vb_published *p = vb_job_published(e->job);

	assert_non_null(p);
	return p;
}

static void test_none(void **state)
{
	struct expanded e;

	expand(JOB, &e);
	assert_null(vb_job_published(e.job));
	assert_int_equal(e.nr, 4);
	release(&e);
}

static void test_row(void **state)
{
	const struct vb_published_row *row;
	struct expanded e;

	expand("[published]\nhardware=two sockets, 1 TiB\nnote=about 30% less\n"
	       "row = v6.15 | a.size=2m  b.threads=1 : map.mean 1.5 us, b.request.p99 20ms,"
	       " unmap.rate 500 /s\n"
	       "row=:map.min 7ns\n"
	       "row=6.16-rc4, large folios|duration=1s: a.map.max 2 s\n" JOB, &e);
	assert_string_equal(published(&e)->hardware, "two sockets, 1 TiB");
	assert_string_equal(published(&e)->note, "about 30% less");
	assert_int_equal(published(&e)->nr_rows, 3);
	row = &published(&e)->row[0];
	assert_string_equal(row->version, "v6.15");
	assert_string_equal(row->conditions, "a.size=2m  b.threads=1");
	assert_int_equal(row->nr_conditions, 2);
	assert_int_equal(row->nr_figures, 3);
	assert_string_equal(row->figure[0].name.metric, "map");
	assert_string_equal(row->figure[0].name.section, "");
	assert_true(row->figure[0].value > 1499.9 && row->figure[0].value < 1500.1);
	assert_string_equal(row->figure[1].name.section, "b");
	assert_int_equal(row->figure[1].name.stat, VB_STAT_P99);
	assert_true(row->figure[1].value > 19.999e6 && row->figure[1].value < 20.001e6);
	assert_true(row->figure[2].value > 499.9 && row->figure[2].value < 500.1);
	assert_string_equal(published(&e)->row[1].version, "");
	assert_int_equal(published(&e)->row[1].nr_conditions, 0);
	assert_string_equal(published(&e)->row[2].version, "6.16-rc4, large folios");
	release(&e);
}

/* Which of the job's four runs a row of these conditions is of, as bits. */
static unsigned int fits(const char *conditions, const char *override)
{
	struct vb_job_error err = { 0 };
	unsigned int found = 0;
	struct expanded e;
	struct vb_job *job;
	char text[600];

	snprintf(text, sizeof(text), HEAD "row=%s: map.mean 1 ns\n" JOB, conditions);
	job = parse(text);
	if (override)
		assert_int_equal(vb_job_set(job, override, &err), 0);
	expand_job(job, &e);
	for (size_t i = 0; i < e.nr; i++)
		found |= (unsigned int)vb_published_fits(&published(&e)->row[0], &e.runs[i]) << i;
	release(&e);
	return found;
}

/* size= varies slower: 4k with 1 and 2 threads, then 2m. */
static void test_fits(void **state)
{
	assert_int_equal(fits("", NULL), 0xf);
	assert_int_equal(fits("a.size=4k", NULL), 0x3);
	assert_int_equal(fits("a.size=2048k", NULL), 0xc);
	assert_int_equal(fits("a.size=2m b.threads=2", NULL), 0x8);
	assert_int_equal(fits("a.size=8k", NULL), 0);
	assert_int_equal(fits("duration=1s", NULL), 0xf);
	assert_int_equal(fits("duration=2s", NULL), 0);
	assert_int_equal(fits("iommu_mode=vfio_type1v2_iommu", NULL), 0xf);
	/* Without a section a key has the value in each of them. */
	assert_int_equal(fits("size=4k", NULL), 0x3);
	assert_int_equal(fits("count=256", NULL), 0);
	assert_int_equal(fits("b.pin_every=none b.node=any", NULL), 0xf);
	/* What the command line makes of the job counts, but for its scale. */
	assert_int_equal(fits("a.size=4k", "size=8k"), 0);
	assert_int_equal(fits("a.count=256 b.count=16", "scale=16"), 0xf);
	assert_int_equal(fits("a.count=16", "scale=16"), 0);
}

static void test_json(void **state)
{
	struct expanded e;
	json_t *json, *row;

	expand(HEAD "row=v1 | a.size=4k: b.request.p999 2 us\n" JOB, &e);
	json = vb_published_to_json(published(&e));
	row = json_array_get(json_object_get(json, "rows"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "conditions")), "a.size=4k");
	row = json_array_get(json_object_get(row, "figures"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "stat")), "p999");
	assert_string_equal(json_string_value(json_object_get(row, "unit")), "ns");
	json_decref(json);
	release(&e);
}

static const struct {
	const char *text, *fragment;
	unsigned int line;
} bad[] = {
	{ "[published]\n", "[published] has no hardware=", 1 },
	{ HEAD, "[published] has no figures: give row=", 1 },
	{ HEAD HEAD, "[published] again: it began in line 1", 3 },
	{ HEAD "hardware=another\n", "hardware= again", 3 },
	{ "[published]\nhardware=\n", "hardware=: no value", 2 },
	{ "[published]\nhardware=\xff\n", "not UTF-8", 2 },
	{ HEAD "workload=map_unmap\n", "unknown key 'workload': valid: hardware, note, row", 3 },
	{ HEAD "rwo=x\n", "did you mean 'row'?", 3 },
	{ HEAD "row=\n", "no ':': give [VERSION |] CONDITIONS", 3 },
	{ HEAD "row=map.mean 3 ms\n", "no ':'", 3 },
	{ HEAD "row=\xff: map.mean 3 ms\n", "not UTF-8", 3 },
	{ HEAD "row=:\n", "give METRIC.STAT", 3 },
	{ HEAD "row=: map.mean 3 ms,\n", "give METRIC.STAT", 3 },
	{ HEAD "row=| : map.mean 3 ms\n", "before '|' stands a version", 3 },
	{ HEAD "row=v1 | v2 | : map.mean 3 ms\n", "'v2': a condition is KEY=VALUE", 3 },
	{ HEAD "row=size: map.mean 3 ms\n", "'size': a condition is KEY=VALUE", 3 },
	{ HEAD "row=sise=4k: map.mean 3 ms\n", "unknown key 'sise': did you mean 'size'?", 3 },
	{ HEAD "row=size=4x: map.mean 3 ms\n", "size=4x: unknown unit 'x'", 3 },
	{ HEAD "row=size=: map.mean 3 ms\n", "size=: not a number", 3 },
	{ HEAD "row=size=4k,2m: map.mean 3 ms\n", "unknown unit 'k,2m'", 3 },
	{ HEAD "row=backing=hugetlb: map.mean 3 ms\n", "no such value: valid: anonymous", 3 },
	{ HEAD "row=description=x: map.mean 3 ms\n", "is a text, which picks no runs", 3 },
	{ HEAD "row=c.size=4k: map.mean 3 ms\n", "no section 'c'", 3 },
	{ HEAD "row=a.class=smoke: map.mean 3 ms\n", "belongs in [global]", 3 },
	{ HEAD "row=a.b.size=4k: map.mean 3 ms\n", "unknown key 'b.size'", 3 },
	{ HEAD "row=: nap.mean 3 ms\n", "no metric 'nap'", 3 },
	{ HEAD "row=: c.map.mean 3 ms\n", "the job has no section 'c'", 3 },
	{ HEAD "row=: map.median 3 ms\n", "no such statistic", 3 },
	{ HEAD "row=: map 3 ms\n", "give METRIC.STAT", 3 },
	{ HEAD "row=: map.mean\n", "give a number above 0", 3 },
	{ HEAD "row=: map.mean ms\n", "give a number above 0", 3 },
	{ HEAD "row=: map.mean 0 ms\n", "give a number above 0", 3 },
	{ HEAD "row=: map.mean -3 ms\n", "give a number above 0", 3 },
	{ HEAD "row=: map.mean 1.2.3 ms\n", "give a number above 0", 3 },
	{ HEAD "row=: map.mean . ms\n", "give a number above 0", 3 },
	{ HEAD "row=: map.mean nan ms\n", "give a number above 0", 3 },
	{ HEAD "row=: map.mean 3\n", "unit '': give ns, us, ms or s", 3 },
	{ HEAD "row=: map.mean 3 m\n", "unit 'm': give ns, us, ms or s", 3 },
	{ HEAD "row=: map.mean 3 ms 4\n", "unit 'ms 4'", 3 },
	{ HEAD "row=: map.mean 3 /s\n", "unit '/s': give ns", 3 },
	{ HEAD "row=: map.rate 3 ms\n", "give /s, for it is a rate", 3 },
	{ HEAD "row=: map.mean 1e3 ms\n", "give a number above 0", 3 },
	{ HEAD "row=: module.callback.share 3 ms\n", "neither a time nor a rate", 3 },
	{ HEAD "row=: callback_bytes.mean 3 ns\n", "neither a time nor a rate", 3 },
	{ HEAD "row=: map.mean 3 ms, map.mean 4 ms\n", "'map.mean': twice in the row", 3 },
	{ HEAD "row=: map.mean 3 ms\nrow=: map.mean 3 ms\n", "stands in line 3 too", 4 },
	{ HEAD "row=size=4k size=4k size=4k size=4k size=4k size=4k size=4k size=4k size=4k: "
	  "map.mean 3 ms\n", "more than 8 conditions", 3 },
	{ HEAD "row=: a.map.min 1 s, a.map.p50 1 s, a.map.p90 1 s, a.map.p99 1 s, a.map.p999 1 s, "
	  "a.map.max 1 s, a.map.mean 1 s, map.min 1 s, map.max 1 s\n", "more than 8 figures", 3 },
};

static void test_bad(void **state)
{
	struct vb_job_error err;
	struct vb_job *job;
	char text[2000];
	int ret;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(text, sizeof(text), "%s" JOB, bad[i].text);
		ret = vb_job_parse("bad.job", text, strlen(text), &job, &err);
		if (ret != -EINVAL || !strstr(err.text, bad[i].fragment) || err.line != bad[i].line)
			fail_msg("%s: %d, line %u: %s", bad[i].text, ret, err.line,
				 ret ? err.text : "accepted");
	}
}

static void test_too_many(void **state)
{
	struct vb_job_error err;
	struct vb_job *job;
	char text[8000];
	size_t used = (size_t)snprintf(text, sizeof(text), HEAD);

	for (int i = 1; i <= 65; i++)
		used += (size_t)sprintf(text + used, "row=: map.mean %d ns\n", i);
	used += (size_t)sprintf(text + used, JOB);
	assert_int_equal(vb_job_parse("x", text, used, &job, &err), -EINVAL);
	assert_non_null(strstr(err.text, "more than 64 rows"));
	assert_int_equal(err.line, 67);
}

static void test_override(void **state)
{
	struct vb_job *job = parse(HEAD "row=: map.mean 1 ns\n" JOB);
	struct vb_job_error err;

	assert_int_equal(vb_job_set(job, "published.hardware=mine", &err), -EINVAL);
	assert_non_null(strstr(err.text, "no section 'published'"));
	vb_job_free(job);
}

/* A row that is of no run of its own job would never be shown. */
static void test_shipped(void **state)
{
	const char *source = getenv("top_srcdir");
	unsigned int rows = 0;
	char pattern[4096];
	glob_t found;

	if (!source)
		skip();
	snprintf(pattern, sizeof(pattern), "%s/bench/job/*.job", source);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct vb_job_error err = { 0 };
		struct expanded e;

		if (vb_job_read(found.gl_pathv[i], &e.job, &err))
			fail_msg("%s", err.text);
		expand_job(e.job, &e);
		for (unsigned int r = 0; vb_job_published(e.job) && r < published(&e)->nr_rows; r++) {
			const struct vb_published_row *row = &published(&e)->row[r];
			bool any = false;

			for (size_t k = 0; k < e.nr && !any; k++)
				any = vb_published_fits(row, &e.runs[k]);
			if (!any)
				fail_msg("%s:%u: of no run: row=%s", found.gl_pathv[i], row->line,
					 row->text);
			rows++;
		}
		release(&e);
	}
	globfree(&found);
	print_message("# %u rows\n", rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_row),
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_override),
		cmocka_unit_test(test_shipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
