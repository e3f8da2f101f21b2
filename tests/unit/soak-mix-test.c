// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Faults that their own job alone shows, among others in a soak: made-up ones, whose own job is
 * the null one, beside a job that was named.  The runs are those of vfio-bench: this program,
 * asked for 'run', becomes it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "bench/soak/soak_impl.h"
#include "bench/soak/trend.h"
#include "lib/machine/sysfs.h"
#include "lib/result/dir.h"

#define SEED 5

static char tmp[] = "/tmp/soak-mix-test.XXXXXX";
static char named[64], of_fault[64];
static const char *const set[] = { "count=16,32", NULL };
static bool refuse;			/* the judge of the own fault says no */

/* What the user asked for is of the jobs that he named. */
static int judge(struct vb_fault *f)
{
	char text[4096] = "";
	FILE *file = fopen(f->job, "re");
	size_t n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (file)
		fclose(file);
	if (!n || f->set || strstr(text, "\ncount=8\n"))
		return vb_fault_say(f, -EINVAL, "not its own job as it is to be: %s", text);
	return refuse ? vb_fault_say(f, -EPROTO, "told to") : 0;
}

static const struct vb_fault_ops own = {
	.name = "own", .description = "-", .needs = VB_FAULT_NEEDS_JOB, .statuses = 1 << 0,
	.job = of_fault, .set = set, .judge = judge,
};
static int inject_second(struct vb_fault *f)
{
	static unsigned int nr;

	return nr++ ? 0 : vb_fault_say(f, -EAGAIN, "too late");
}

static const struct vb_fault_ops late = {
	.name = "late", .description = "-", .statuses = 1 << 0, .within_ms = 1,
	.inject = inject_second,
};
static const struct vb_fault_ops plain = {
	.name = "plain", .description = "-", .statuses = 1 << 0,
};

const struct vb_fault_ops *__wrap_vb_fault_find(const char *name);

const struct vb_fault_ops *__wrap_vb_fault_find(const char *name)
{
	return !strcmp(name, "own") ? &own : !strcmp(name, "plain") ? &plain : NULL;
}

static const char *path_of(const char *name)
{
	static char path[4][256];
	static unsigned int next;
	char *p = path[next++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", tmp, name);
	return p;
}

static struct vb_soak_options options(const char *output, uint64_t repeat)
{
	static const char *const user[] = { "count=8", NULL };
	struct vb_soak_options o = {
		.job = { { named, 1 } }, .nr_jobs = 1, .fault = { { .ops = &own, .weight = 1 },
		{ .ops = &plain, .weight = 1 } }, .nr_faults = 2, .fault_percent = 70, .set = user,
		.nr_set = 1, .cycle_min_ns = 300000000, .cycle_max_ns = 400000000,
		.limit_ns = 60000000000ull, .seed = SEED, .has_seed = true, .steady = true, .quiet = true,
		.output = output, .repeat = repeat,
	};

	return o;
}

/* Everything is looked at and read, nothing begins. */
static struct soak *set_up(struct vb_soak_options *o)
{
	struct soak *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->opt = o;
	assert_int_equal(soak_setup(s), 0);
	return s;
}

static void tear_down(struct soak *s)
{
	for (unsigned int i = 0; i < s->nr_jobs + s->nr_own_jobs; i++)
		free(s->job[i].runs);
	free(s);
}

static void a_cycle_with_it_is_of_its_own_job(void **state)
{
	struct vb_soak_options o = options("-", 1);
	struct soak *s = set_up(&o);
	unsigned int with[2] = { 0 }, run[2] = { 0 }, none = 0;
	struct soak_choice c;

	assert_int_equal(s->nr_jobs, 1);
	assert_int_equal(s->nr_own_jobs, 1);
	for (uint64_t n = 0; n < 400; n++) {
		soak_choose(s, n, &c);
		none += c.fault < 0;
		if (c.fault < 0 || s->fault[c.fault].ops != &own) {
			assert_int_equal(c.job, 0);
			assert_int_equal(s->job[c.job].runs[c.run].section[0].count, 8);
		} else {
			assert_int_equal(c.job, 1);
			assert_true(c.run < s->job[1].nr_runs);
			assert_string_equal(s->job[1].name, "null");
			assert_true(s->job[1].runs[c.run].section[0].count != 8);
			run[c.run]++;
		}
		if (c.fault >= 0)
			with[c.fault]++;
	}
	assert_true(with[0] > 90 && with[1] > 90 && none > 80);
	assert_true(run[0] > 30 && run[1] > 30);
	s->closing = true;
	for (uint64_t n = 0; n < 400; n++) {
		soak_choose(s, n, &c);
		assert_int_equal(c.fault, -1);
		assert_int_equal(c.job, 0);
	}
	tear_down(s);
}

/* A soak of an earlier version had left it out: the rest of its stream is as it was. */
static void what_else_is_drawn_stays(void **state)
{
	struct vb_soak_options o = options("-", 1), old = options("-", 1);
	struct soak *s, *t;
	struct soak_choice a, b;

	old.fault[0].left_out = true;
	old.all_faults = true;
	s = set_up(&o);
	t = set_up(&old);
	assert_int_equal(t->nr_own_jobs, 0);
	for (uint64_t n = 0; n < 200; n++) {
		soak_choose(s, n, &a);
		soak_choose(t, n, &b);
		assert_int_equal(b.job, 0);
		assert_int_equal(a.fault < 0, b.fault < 0);
		assert_true(b.fault < 0 || b.fault == 1);
		assert_int_equal(a.duration_ns, b.duration_ns);
		assert_int_equal(a.run_seed, b.run_seed);
		assert_int_equal(a.fault_seed, b.fault_seed);
		assert_true(a.inject_at == b.inject_at);
	}
	tear_down(s);
	tear_down(t);
}

/* Each row as one text: what the seed alone decides, and the verdict. */
static size_t stream(const char *folder, char text[][160], size_t max)
{
	struct soak_row *rows;
	char path[300];
	size_t nr;

	snprintf(path, sizeof(path), "%s/cycles.csv", folder);
	assert_int_equal(soak_rows_read(path, UINT64_MAX, &rows, &nr), 0);
	assert_true(nr <= max);
	for (size_t i = 0; i < nr; i++)
		snprintf(text[i], sizeof(text[i]), "%llu %s %s %d %.3f %s", (unsigned long long)rows[i].number,
			 rows[i].job, rows[i].fault, rows[i].injected, rows[i].duration_s, rows[i].verdict);
	free(rows);
	return nr;
}

/* The state of @folder, changed by @change and written with a new checksum. */
static void change_state(const char *folder, void (*change)(json_t *fault))
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char path[300];
	json_t *json;

	snprintf(path, sizeof(path), "%s/state.json", folder);
	json = json_load_file(path, 0, NULL);
	assert_non_null(json);
	assert_true(fd >= 0);
	json_object_del(json, "checksum");
	change(json_array_get(json_object_get(json, "faults"), 0));
	assert_int_equal(vb_result_write_json(fd, "state.json", json), 0);
	json_decref(json);
	close(fd);
}

static void forget_job(json_t *fault)
{
	assert_non_null(json_object_get(fault, "job"));
	json_object_del(fault, "job");
}

static void leave_out(json_t *fault)
{
	json_object_set_new(fault, "left_out", json_true());
}

static int go_on(const char *folder, uint64_t repeat)
{
	struct vb_soak_options o = { .resume = folder, .repeat = repeat, .quiet = true };

	return vb_soak_run(&o);
}

static void it_is_counted_and_goes_on(void **state)
{
	const char *whole = path_of("whole"), *parts = path_of("parts");
	struct vb_soak_options o = options(whole, 9), p = options(parts, 4);
	char all[16][160], part[16][160];
	unsigned int nr = 0;
	size_t n;

	assert_int_equal(vb_soak_run(&o), 0);
	n = stream(whole, all, 16);
	assert_int_equal(n, 10);
	for (size_t i = 0; i < n; i++) {
		assert_non_null(strstr(all[i], "clean"));
		nr += strstr(all[i], " null own 1 ") != NULL;
		assert_int_equal(strstr(all[i], " null ") != NULL, strstr(all[i], " own ") != NULL);
	}
	assert_true(nr > 1);
	p.all_faults = true;
	assert_int_equal(vb_soak_run(&p), 0);
	assert_int_equal(go_on(parts, 8), 0);
	assert_int_equal(stream(parts, part, 16), 9);
	/* Number 4 was the last one then, which has no fault. */
	for (size_t i = 0; i < 8; i++)
		if (i != 4)
			assert_string_equal(part[i], all[i]);
}

static void the_state_has_to_have_its_job(void **state)
{
	const char *folder = path_of("parts");
	char rows[40][160];
	size_t n = stream(folder, rows, 40), more;

	change_state(folder, forget_job);
	assert_int_equal(go_on(folder, n + 5), 1);
	assert_int_equal(stream(folder, rows, 40), n);
	/* As an earlier version has it: that goes on without it. */
	change_state(folder, leave_out);
	assert_int_equal(go_on(folder, n + 5), 0);
	more = stream(folder, rows, 40);
	assert_true(more > n);
	for (size_t i = n; i < more; i++)
		assert_null(strstr(rows[i], " own "));
}

static void a_failure_is_made_again(void **state)
{
	const char *soak = path_of("fails"), *away = path_of("away"), *again = path_of("again");
	struct vb_soak_options o = options(soak, 20);
	struct vb_soak_options r = { .replay = away, .output = again, .repeat = 2, .quiet = true };
	char rows[24][160], made[4][160], failure[300];
	size_t n;

	o.stop_on_failure = true;
	refuse = true;
	assert_int_equal(vb_soak_run(&o), 2);
	n = stream(soak, rows, 24);
	assert_non_null(strstr(rows[n - 1], " null own 1 "));
	assert_non_null(strstr(rows[n - 1], "failed"));
	/* Carried away: what it needs is in it. */
	snprintf(failure, sizeof(failure), "%s/failure", soak);
	assert_int_equal(rename(failure, away), 0);
	assert_int_equal(rename(soak, path_of("gone")), 0);
	assert_int_equal(vb_soak_run(&r), 2);
	assert_int_equal(stream(again, made, 4), 2);
	assert_string_equal(made[0], rows[n - 1]);
	assert_string_equal(made[1], rows[n - 1]);
	refuse = false;
}

/* A run that says that all is fine and shows nothing. */
static void an_empty_cycle_is_no_clean_one(void **state)
{
	struct vb_soak_options o = options(path_of("empty"), 1);
	char rows[2][160];

	o.nr_faults = 0;
	setenv("SOAK_MIX_EMPTY", "1", 1);
	assert_int_equal(vb_soak_run(&o), 2);
	unsetenv("SOAK_MIX_EMPTY");
	assert_int_equal(stream(o.output, rows, 2), 2);
	assert_non_null(strstr(rows[0], "failed"));
}

static void most_skipped_shows_little(void **state)
{
	struct vb_soak_options o = options(path_of("skips"), 3);
	char path[300], text[8192] = "";
	FILE *file;

	o.nr_faults = 0;
	setenv("SOAK_MIX_SKIP", "1", 1);
	assert_int_equal(vb_soak_run(&o), 3);
	unsetenv("SOAK_MIX_SKIP");
	snprintf(path, sizeof(path), "%s/summary.txt", o.output);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	assert_non_null(strstr(text, "3 of 4 cycles could not be made"));
	assert_non_null(strstr(text, "1 cycles, nothing went wrong"));
}

static void a_fault_alone_is_in_each_cycle(void **state)
{
	struct vb_soak_options o = options(path_of("late"), 2);

	o.nr_faults = 1;
	o.fault[0] = (struct vb_soak_fault){ .ops = &late, .weight = 1 };
	o.one_fault = true;
	assert_int_equal(vb_soak_run(&o), 3);
	o = options(path_of("in-time"), 2);
	o.nr_faults = 1;
	o.fault[0] = (struct vb_soak_fault){ .ops = &late, .weight = 1 };
	o.one_fault = true;
	assert_int_equal(vb_soak_run(&o), 0);
}

/* kmemleak that has turned itself off: a write fails.  Told once. */
static void no_scan_is_a_failure(void **state)
{
	struct soak *s = calloc(1, sizeof(*s));
	struct soak_outcome o = { 0 };
	char path[300];

	assert_non_null(s);
	snprintf(path, sizeof(path), "mkdir -p %s/root/sys/kernel/debug", tmp);
	assert_int_equal(system(path), 0);
	snprintf(path, sizeof(path), "%s/root/sys/kernel/debug/kmemleak", tmp);
	assert_int_equal(symlink("/dev/null", path), 0);
	vb_sysfs_set_root(path_of("root"));
	soak_leaks_begin(s);
	assert_true(s->has_kmemleak);
	soak_leaks_check(s, true, &o);
	assert_int_equal(o.verdict, SOAK_CLEAN);
	assert_int_equal(s->leak_scans, 1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/full", path), 0);
	soak_leaks_check(s, true, &o);
	assert_int_equal(o.verdict, SOAK_FAILED);
	assert_int_equal(s->leak_scans, 1);
	o = (struct soak_outcome){ 0 };
	soak_leaks_check(s, true, &o);
	assert_int_equal(o.verdict, SOAK_CLEAN);
	vb_sysfs_set_root("");
	free(s);
}

static void huge_page(const char *size, const char *file, const char *value)
{
	char path[400];
	FILE *out;

	snprintf(path, sizeof(path), "mkdir -p %s/huge/sys/kernel/mm/hugepages/hugepages-%s", tmp, size);
	assert_int_equal(system(path), 0);
	snprintf(path, sizeof(path), "%s/huge/sys/kernel/mm/hugepages/hugepages-%s/%s", tmp, size, file);
	out = fopen(path, "we");
	assert_non_null(out);
	fputs(value, out);
	fclose(out);
}

/* A page of 1 GiB that is not given back shows, whatever the default size is. */
static void huge_pages_of_every_size_count(void **state)
{
	struct soak_counts c;

	huge_page("2048kB", "nr_hugepages", "3\n");
	huge_page("2048kB", "free_hugepages", "3\n");
	huge_page("1048576kB", "nr_hugepages", "2\n");
	huge_page("1048576kB", "free_hugepages", "1\n");
	vb_sysfs_set_root(path_of("huge"));
	soak_counts_read(&c);
	vb_sysfs_set_root("");
	assert_int_equal(c.huge_total_kib, 3 * 2048 + 2 * 1048576);
	assert_int_equal(c.huge_free_kib, 3 * 2048 + 1048576);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static int write_job(const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return -1;
	fputs("[global]\ndescription=named\niommu_mode=null\nwarmup=0s\nduration=1s\n\n"
	      "[work]\nworkload=map_unmap\nsize=4k\ncount=8\n", file);
	return fclose(file);
}

static int make_folder(void **state)
{
	if (!mkdtemp(tmp))
		return -1;
	snprintf(named, sizeof(named), "%s/named.job", tmp);
	snprintf(of_fault, sizeof(of_fault), "%s/null.job", tmp);
	return write_job(named) || write_job(of_fault);
}

static int remove_folder(void **state)
{
	return nftw(tmp, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* run --quiet --output DIR/cycles/NUMBER/result ... */
static int become_bench(char **argv)
{
	const char *build = getenv("top_builddir");
	char path[4096];

	if (getenv("SOAK_MIX_EMPTY"))
		return 0;
	if (getenv("SOAK_MIX_SKIP") && !strstr(argv[4], "/000000/"))
		return 4;
	snprintf(path, sizeof(path), "%s/vfio-bench", build ? build : ".");
	argv[0] = path;
	execv(path, argv);
	return 127;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cycle_with_it_is_of_its_own_job),
		cmocka_unit_test(what_else_is_drawn_stays),
		cmocka_unit_test(it_is_counted_and_goes_on),
		cmocka_unit_test(the_state_has_to_have_its_job),
		cmocka_unit_test(a_failure_is_made_again),
		cmocka_unit_test(an_empty_cycle_is_no_clean_one),
		cmocka_unit_test(huge_pages_of_every_size_count),
		cmocka_unit_test(no_scan_is_a_failure),
		cmocka_unit_test(most_skipped_shows_little),
		cmocka_unit_test(a_fault_alone_is_in_each_cycle),
	};

	if (argc > 1 && !strcmp(argv[1], "run"))
		return become_bench(argv);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
