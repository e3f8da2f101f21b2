// SPDX-License-Identifier: GPL-2.0-or-later
/* Histograms of a result: their quantiles against sorted values, and what contradicts itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/measure/histogram.h"
#include "lib/result/buckets.h"
#include "lib/result/dist.h"
#include "lib/result/files.h"

static json_t *metric_of(const struct vb_hist *h, const char *name)
{
	json_t *buckets = json_array();

	for (uint32_t i = 0; i < VB_HIST_BUCKETS; i++)
		if (h->bucket[i])
			json_array_append_new(buckets, json_pack("[i, I]", (int)i,
								 (json_int_t)h->bucket[i]));
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:I, s:o}",
			 "section", "work", "metric", name, "count", (json_int_t)h->count,
			 "min", (json_int_t)h->min, "p50", (json_int_t)vb_hist_quantile(h, 0.5),
			 "p90", (json_int_t)vb_hist_quantile(h, 0.9),
			 "p99", (json_int_t)vb_hist_quantile(h, 0.99),
			 "p999", (json_int_t)vb_hist_quantile(h, 0.999),
			 "max", (json_int_t)h->max, "mean", vb_hist_mean(h),
			 "overflow", (json_int_t)h->overflow, "buckets", buckets);
}

struct made {
	json_t *run;
	struct vb_dists *dists;
	const struct vb_dist *dist;
};

static struct made make(const uint64_t *value, size_t n)
{
	struct vb_hist *h = malloc(sizeof(*h));
	char err[200] = "";
	struct made m;

	assert_non_null(h);
	vb_hist_init(h);
	for (size_t i = 0; i < n; i++)
		vb_hist_add(h, value[i]);
	assert_int_equal(vb_hist_check(h), 0);
	m.run = json_pack("{s:[o]}", "metrics", metric_of(h, "map"));
	free(h);
	if (vb_dists_take(m.run, NULL, &m.dists, err, sizeof(err)))
		fail_msg("%s", err);
	m.dist = vb_dists_find(m.dists, "work", "map");
	assert_non_null(m.dist);
	assert_null(json_object_get(json_array_get(json_object_get(m.run, "metrics"), 0), "buckets"));
	return m;
}

static void drop(struct made *m)
{
	free(m->dists);
	json_decref(m->run);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t random_bits(unsigned int bits)
{
	uint64_t r = (uint64_t)random() << 31 ^ (uint64_t)random();

	return r & ((1ull << bits) - 1);
}

/* Never further off than the bucket that holds the value of that rank. */
static void check_quantiles(const uint64_t *sorted, size_t n, const struct vb_dist *d)
{
	double last = 0;

	for (int i = 0; i <= 1000; i++) {
		double q = i / 1000.0, found = vb_dist_quantile_raw(d, q);
		size_t rank = (size_t)ceil(q * (double)n - 1e-9);
		uint64_t value = sorted[rank ? rank - 1 : 0];
		double width = value >> VB_HIST_MAX_BITS ? INFINITY : (double)value / 64 + 1e-9;

		assert_true(found >= (double)sorted[0] && found <= (double)sorted[n - 1]);
		assert_true(found >= last);
		if (fabs(found - (double)value) > width)
			fail_msg("n %zu, q %g: %g, and the value is %llu", n, q, found,
				 (unsigned long long)value);
		last = found;
	}
	assert_true(vb_dist_quantile_raw(d, 0) == (double)sorted[0]);
	assert_true(vb_dist_quantile_raw(d, 1) == (double)sorted[n - 1]);
}

static void quantiles_against_sorted_values(void **state)
{
	static uint64_t value[5000];

	(void)state;
	srandom(1);
	for (int set = 0; set < 300; set++) {
		size_t n = 1 + (size_t)random() % 5000;
		unsigned int bits = 1 + (unsigned int)random() % 42;
		struct made m;

		for (size_t i = 0; i < n; i++)
			value[i] = random_bits(bits);
		qsort(value, n, sizeof(*value), by_value);
		m = make(value, n);
		assert_int_equal(m.dist->count, n);
		check_quantiles(value, n, m.dist);
		drop(&m);
	}
}

static void exact_where_a_bucket_is_one_value(void **state)
{
	uint64_t value[] = { 7, 7, 7, 100, 100, 100, 100, 100, 100, 127 };
	uint64_t same[] = { 123457, 123457, 123457 };
	struct made m = make(value, 10);

	(void)state;
	assert_true(vb_dist_quantile_raw(m.dist, 0.3) == 7);
	assert_true(vb_dist_quantile_raw(m.dist, 0.5) == 100);
	assert_true(vb_dist_quantile_raw(m.dist, 0.9) == 100);
	assert_true(vb_dist_quantile_raw(m.dist, 0.95) == 127);
	drop(&m);
	m = make(same, 3);
	for (int i = 0; i <= 100; i++)
		assert_true(vb_dist_quantile_raw(m.dist, i / 100.0) == 123457);
	drop(&m);
}

static bool known(size_t n, double q)
{
	uint64_t *value = calloc(n, sizeof(*value));
	struct made m;
	bool is;

	assert_non_null(value);
	m = make(value, n);
	is = !isnan(vb_dist_quantile(m.dist, q));
	drop(&m);
	free(value);
	return is;
}

static void ten_values_beyond(void **state)
{
	static const struct { double q; size_t wanted; } rows[] = {
		{ 0.5, 20 }, { 0.75, 40 }, { 0.9, 100 }, { 0.99, 1000 }, { 0.999, 10000 },
		{ 0.9999, 100000 }, { 0, 10 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_true(known(rows[i].wanted, rows[i].q));
		assert_false(known(rows[i].wanted - 1, rows[i].q));
	}
	assert_false(known(100000, 1));
}

static void values_beyond_the_buckets(void **state)
{
	uint64_t value[] = { 5, 1ull << 40, 3ull << 40 };
	struct made m = make(value, 3);

	(void)state;
	assert_int_equal(m.dist->overflow, 2);
	assert_int_equal(m.dist->nr, 1);
	assert_true(vb_dist_quantile_raw(m.dist, 0.3) == 5);
	assert_true(vb_dist_quantile_raw(m.dist, 0.5) > 0x1p40);
	assert_true(vb_dist_quantile_raw(m.dist, 1) == 0x3p40);
	drop(&m);
	m = make(value + 1, 2);
	assert_int_equal(m.dist->nr, 0);
	assert_true(vb_dist_quantile_raw(m.dist, 0) == 0x1p40);
	drop(&m);
}

/* Each of these says two things about itself. */
static void contradictions(void **state)
{
	static const struct { const char *key, *json, *told; } rows[] = {
		{ "count", "4", "metrics[0].count: " },
		{ "count", "0", "metrics[0].count: " },
		{ "min", "4", "metrics[0].min: " },
		{ "min", "1000", "metrics[0].min: " },
		{ "max", "900", "metrics[0].min: " },
		{ "max", "1099511627776", "metrics[0].min: " },
		{ "p50", "4", "metrics[0].p50: " },
		{ "p99", "2000", "metrics[0].p50: " },
		{ "mean", "1001", "metrics[0].mean: " },
		{ "mean", "4.9", "metrics[0].mean: " },
		{ "overflow", "1", "metrics[0].count: " },
		{ "buckets", "[]", "metrics[0].count: " },
		{ "buckets", "[[5, 1], [7, 1]]", "metrics[0].count: " },
		{ "buckets", "[[5, 1], [6, 2]]", "metrics[0].min: " },
		{ "buckets", "[[317, 1], [5, 2]]", "metrics[0].buckets: " },
		{ "buckets", "[[5, 3], [5, 0]]", "metrics[0].buckets: " },
		{ "buckets", "[[5, 1], [5, 2]]", "metrics[0].buckets: " },
		{ "buckets", "[[5], [317, 2]]", "metrics[0].buckets: " },
		{ "buckets", "[5, 1, 317, 2]", "metrics[0].buckets: " },
		{ "buckets", "[[-1, 3]]", "metrics[0].buckets: " },
		{ "buckets", "[[4294967301, 3]]", "metrics[0].buckets: " },
		{ "buckets", "[[5, 9223372036854775807], [6, 9223372036854775807], [7, 9]]",
		  "metrics[0].buckets: " },
	};
	static const uint64_t value[] = { 5, 1000, 1000 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct vb_hist *h = calloc(1, sizeof(*h));
		struct vb_dists *dists;
		char err[200] = "";
		json_t *metric, *run;

		assert_non_null(h);
		vb_hist_init(h);
		for (size_t v = 0; v < 3; v++)
			vb_hist_add(h, value[v]);
		metric = metric_of(h, "map");
		free(h);
		json_object_set_new(metric, rows[i].key, json_loads(rows[i].json, JSON_DECODE_ANY, NULL));
		run = json_pack("{s:[o]}", "metrics", metric);
		if (vb_dists_take(run, NULL, &dists, err, sizeof(err)) != -EINVAL ||
		    strncmp(err, rows[i].told, strlen(rows[i].told)))
			fail_msg("%s %s: '%s'", rows[i].key, rows[i].json, err);
		json_decref(run);
	}
}

static void a_run_without_metrics(void **state)
{
	json_t *run = json_object();
	struct vb_dists *dists;
	char err[200];

	(void)state;
	assert_int_equal(vb_dists_take(run, NULL, &dists, err, sizeof(err)), 0);
	assert_null(vb_dists_find(dists, "work", "map"));
	free(dists);
	json_decref(run);
}

static struct vb_dists *dists_of(const char *json, bool from_text, json_t **run)
{
	struct vb_bucket_lists lists;
	struct vb_dists *dists = NULL;
	char *text = strdup(json), err[200];

	assert_non_null(text);
	assert_int_equal(vb_buckets_take(text, strlen(text), &lists), 0);
	assert_int_equal(strlen(text), strlen(json));
	*run = json_loads(from_text ? text : json, 0, NULL);
	assert_non_null(*run);
	if (vb_dists_take(*run, from_text ? &lists : NULL, &dists, err, sizeof(err)))
		dists = NULL;
	vb_buckets_free(&lists);
	free(text);
	return dists;
}

/* Buckets that are read from the text are those that jansson would have read. */
static void buckets_from_text(void **state)
{
	static const char metric[] = "{\"section\": \"a\", \"metric\": \"%s\", \"count\": 3, \"min\": 5, "
		"\"p50\": 6, \"p90\": 6, \"p99\": 6, \"p999\": 6, \"max\": 6, \"mean\": 5.5, "
		"\"overflow\": 0, \"buckets\": %s}";
	static const char *const lists[] = {
		"[[5,1],[6,2]]", "[[5,1], [6,2]]", "[ [5,1],[6,2]]", "[[5,1],[6,2] ]", "[[5,1],[6, 2]]",
		"[]", "[0]", "[1]", "[[5,1],[6,2],[]]", "[[5,1],[6,-2]]", "[[5,1],[6,2.0]]", "[[5,3]]",
		"[[5,1],[6,2],7]", "[[5,1],[6,2,2]]", "[[5,1],[4294967302,2]]",
		"[[5,1],[6,2000000000000000002]]", "[5,1]", "{}", "7", "[[5,1],[\"6\",2]]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		for (size_t k = 0; k < sizeof(lists) / sizeof(*lists); k++) {
			char one[400], two[400], json[1000];
			struct vb_dists *slow, *fast;
			json_t *run[2];

			snprintf(one, sizeof(one), metric, "\\\"buckets\\\": [[1,2]]", lists[i]);
			snprintf(two, sizeof(two), metric, "x", lists[k]);
			snprintf(json, sizeof(json), "{\"noise\": {\"buckets\": [[5,1],[6,2]]}, "
				 "\"metrics\": [%s, %s]}", one, two);
			slow = dists_of(json, false, &run[0]);
			fast = dists_of(json, true, &run[1]);
			if (!slow != !fast)
				fail_msg("%s: read as JSON: %d, as text: %d", json, slow != NULL,
					 fast != NULL);
			if (slow) {
				const struct vb_dist *a = vb_dists_find(slow, "a", "x");
				const struct vb_dist *b = vb_dists_find(fast, "a", "x");

				assert_int_equal(a->nr, b->nr);
				assert_memory_equal(a->bucket, b->bucket, a->nr * sizeof(*a->bucket));
			}
			free(slow);
			free(fast);
			json_decref(run[0]);
			json_decref(run[1]);
		}
}

/* What is put on one line is the same JSON. */
static void text_of_json(void **state)
{
	json_t *json = json_pack("{s:s, s:s, s:[[i,i],[i,f]], s:[], s:{s:[]}, s:[s,i], s:[i,{s:[i]}]}",
				 "a", "x [1, 2] \"[3, 4]\" \\", "b[1", "\\\"[", "c", 1, 2, 3, 4.5, "d", "e", "f",
				 "g", "]", 5, "h", 6, "i", 7);
	char *text = vb_files_json_text(json);
	json_t *back;

	(void)state;
	assert_non_null(text);
	assert_non_null(strstr(text, " \"c\": [[1,2],[3,4.5]],\n"));
	assert_int_equal(vb_files_check_text(text, strlen(text)), 0);
	assert_int_equal(vb_files_check_text(text, strlen(text) - 1), -ENODATA);
	text[3] ^= 1;
	assert_int_equal(vb_files_check_text(text, strlen(text)), -EINVAL);
	text[3] ^= 1;
	back = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(back);
	assert_int_equal(strlen(json_string_value(json_object_get(back, "checksum"))), 14);
	json_object_del(back, "checksum");
	assert_true(json_equal(json, back));
	json_decref(back);
	json_decref(json);
	free(text);
	json = json_object();
	assert_null(vb_files_json_text(json));
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_against_sorted_values),
		cmocka_unit_test(exact_where_a_bucket_is_one_value),
		cmocka_unit_test(ten_values_beyond),
		cmocka_unit_test(values_beyond_the_buckets),
		cmocka_unit_test(contradictions),
		cmocka_unit_test(a_run_without_metrics),
		cmocka_unit_test(buckets_from_text),
		cmocka_unit_test(text_of_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
