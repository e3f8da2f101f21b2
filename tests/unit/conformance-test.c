// SPDX-License-Identifier: GPL-2.0-or-later
/* conformance.ini: what it may say, which answer holds, and that a wrong one is caught. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "bench/engine/audit.h"
#include "bench/engine/conformance.h"
#include "bench/workload/workload.h"

static const struct vb_promise some[] = {
	{ "cut", VB_ANSWER_ERRNO, 0, NULL },
	{ "told", VB_ANSWER_COUNT, 0, NULL },
	{ 0 }
}, more[] = {
	{ "waits", VB_ANSWER_YESNO, 0, NULL },
	{ 0 }
};

static const struct vb_promise *const list[] = { some, more, NULL };

#define TOLD	"[told]\ntext=t\nkind=count\nanswer=2\n"
#define WAITS	"[waits]\ntext=w\nkind=yesno\nanswer=yes\n"
#define CUT	"[cut]\ntext=It is\n\trefused.\nkind=errno\nanswer=EINVAL\n" \
		"answer=0 | mode=vfio_type1_iommu,iommufd_compat_type1\nbecause=one\n\ttwo\n" \
		"answer=ENOENT | mode=iommufd kernel>=6.2 kernel<6.12.7\nbecause=b\n" \
		"answer=EBUSY | kernel<6.0 has=vfio_register_notifier\nbecause=b\n" \
		"answer=EPERM | kernel<6.0 lacks=vfio_register_notifier\nbecause=b\n"

static char path[] = "/tmp/conformance-test.XXXXXX", err[VB_CONFORMANCE_ERROR];

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static struct vb_conformance *read_good(const char *text)
{
	struct vb_conformance *conformance = NULL;

	write_file(text);
	assert_int_equal(vb_conformance_read(path, list, &conformance, err, sizeof(err)), 0);
	return conformance;
}

/* @line and @what stand in the message. */
static void expect_bad(const char *text, unsigned int line, const char *what)
{
	struct vb_conformance *conformance = NULL;
	char where[80];

	write_file(text);
	assert_int_equal(vb_conformance_read(path, list, &conformance, err, sizeof(err)), -EINVAL);
	assert_null(conformance);
	snprintf(where, sizeof(where), "%s:%u: ", path, line);
	if (strncmp(err, where, strlen(where)) || !strstr(err, what))
		fail_msg("'%s', wanted line %u and '%s'", err, line, what);
}

static int64_t expected(const struct vb_conformance *c, const char *mode, const char *release)
{
	return vb_conformance_expected(c, 0, &(struct vb_conformance_here){ mode, release })->value;
}

static void test_which_answer(void **state)
{
	struct vb_conformance *c = read_good(WAITS CUT TOLD);

	assert_int_equal(expected(c, "vfio_type1v2_iommu", "6.1.0-56-amd64"), EINVAL);
	assert_int_equal(expected(c, "vfio_type1_iommu", "6.1.0"), 0);
	assert_int_equal(expected(c, "iommufd_compat_type1", "7.2.13"), 0);
	assert_int_equal(expected(c, "iommufd_compat_type1v2", "7.2.13"), EINVAL);
	assert_int_equal(expected(c, "iommufd", "6.2.0-rc1"), ENOENT);
	assert_int_equal(expected(c, "iommufd", "6.12.6"), ENOENT);
	assert_int_equal(expected(c, "iommufd", "6.12.7-amd64"), EINVAL);
	assert_int_equal(expected(c, "iommufd", "6.1.999"), EINVAL);
	assert_int_equal(expected(c, "vfio_type1v2_iommu", "5.10.0"), EPERM);
	vb_conformance_free(c);
}

static void test_functions(void **state)
{
	struct vb_conformance *c = read_good(CUT TOLD WAITS);

	write_file("0000000000000000 T vfio_unregister_notifier\t[vfio]\n"
		   "0000000000000000 T vfio_register_notifier\t[vfio]\n");
	assert_int_equal(vb_conformance_look(c, path), 0);
	assert_int_equal(expected(c, "vfio_type1v2_iommu", "5.10.0"), EBUSY);
	assert_int_equal(expected(c, "vfio_type1v2_iommu", "6.1.0"), EINVAL);
	write_file("");
	assert_int_equal(vb_conformance_look(c, path), -ENODATA);
	assert_int_equal(vb_conformance_look(c, "/nowhere"), -ENOENT);
	vb_conformance_free(c);
}

static void test_texts(void **state)
{
	struct vb_conformance *c = read_good(CUT TOLD WAITS);
	struct vb_conformance_here here = { "vfio_type1_iommu", "6.1.0" };
	struct vb_answer answer = { .state = VB_ANSWER_GIVEN };
	struct vb_judged judged;

	vb_conformance_judge(c, 0, &answer, &here, &judged);
	assert_string_equal(judged.text, "It is refused.");
	assert_string_equal(judged.expected->because, "one two");
	assert_string_equal(judged.expected->where, "mode=vfio_type1_iommu,iommufd_compat_type1");
	assert_int_equal(judged.standard->value, EINVAL);
	assert_string_equal(judged.standard->because, "");
	vb_conformance_free(c);
}

static enum vb_conforms verdict(const struct vb_conformance *c, unsigned int index,
				enum vb_answer_state state, int64_t value)
{
	struct vb_conformance_here here = { "vfio_type1v2_iommu", "6.1.0" };
	struct vb_answer answer = { .state = state, .value = value };
	struct vb_judged judged;

	vb_conformance_judge(c, index, &answer, &here, &judged);
	return judged.verdict;
}

static void test_judged(void **state)
{
	struct vb_conformance *c = read_good(CUT TOLD WAITS);

	assert_int_equal(verdict(c, 0, VB_ANSWER_GIVEN, EINVAL), VB_CONFORMS);
	assert_int_equal(verdict(c, 0, VB_ANSWER_GIVEN, 0), VB_CONFORMS_NOT);
	assert_int_equal(verdict(c, 1, VB_ANSWER_GIVEN, 2), VB_CONFORMS);
	assert_int_equal(verdict(c, 1, VB_ANSWER_GIVEN, 1), VB_CONFORMS_NOT);
	assert_int_equal(verdict(c, 2, VB_ANSWER_GIVEN, 1), VB_CONFORMS);
	assert_int_equal(verdict(c, 2, VB_ANSWER_GIVEN, 0), VB_CONFORMS_NOT);
	assert_int_equal(verdict(c, 2, VB_ANSWER_NOT_ASKED, 0), VB_CONFORMS_UNASKED);
	assert_int_equal(verdict(c, 1, VB_ANSWER_NONE, 2), VB_CONFORMS_NOT);
	assert_int_equal(verdict(c, 1, VB_ANSWER_BROKEN, 2), VB_CONFORMS_NOT);
	assert_int_equal(verdict(c, 1, VB_ANSWER_HUNG, 2), VB_CONFORMS_NOT);
	vb_conformance_free(c);
}

/* That a kernel can't be asked has to be expected of it; '-' is then the only answer. */
static void test_silence(void **state)
{
	struct vb_conformance *c = read_good(CUT WAITS
		"[told]\ntext=t\nkind=count\nanswer=2\n"
		"answer=- | mode=vfio_type1v2_iommu\nbecause=b\n");
	struct vb_answers answers = { .nr = 2, .answer = {
		{ .state = VB_ANSWER_GIVEN, .value = EINVAL }, { .state = VB_ANSWER_SILENT } } };
	json_t *whole, *one;

	assert_int_equal(verdict(c, 0, VB_ANSWER_SILENT, 0), VB_CONFORMS_NOT);
	assert_int_equal(verdict(c, 1, VB_ANSWER_SILENT, 0), VB_CONFORMS_UNASKED);
	assert_int_equal(verdict(c, 1, VB_ANSWER_NOT_ASKED, 0), VB_CONFORMS_UNASKED);
	assert_int_equal(verdict(c, 1, VB_ANSWER_GIVEN, 0), VB_CONFORMS_NOT);
	assert_int_equal(verdict(c, 1, VB_ANSWER_GIVEN, 2), VB_CONFORMS_NOT);
	assert_int_equal(verdict(c, 1, VB_ANSWER_HUNG, 0), VB_CONFORMS_NOT);
	whole = vb_conformance_to_json(c, list, &answers,
				       &(struct vb_conformance_here){ "vfio_type1v2_iommu", "6.1.0" });
	one = json_array_get(json_object_get(whole, "promises"), 1);
	assert_string_equal(json_string_value(json_object_get(one, "expected")), "-");
	assert_string_equal(json_string_value(json_object_get(one, "default")), "2");
	assert_string_equal(json_string_value(json_object_get(one, "verdict")), "not asked");
	json_decref(whole);
	vb_conformance_free(c);
}

static void test_json(void **state)
{
	struct vb_conformance *c = read_good(CUT TOLD WAITS);
	struct vb_answers answers = { .nr = 3, .answer = {
		{ .state = VB_ANSWER_GIVEN, .value = ENOENT },
		{ .state = VB_ANSWER_NOT_ASKED, .why = "no mdev" },
		{ .state = VB_ANSWER_GIVEN, .value = 1 } } };
	json_t *whole = vb_conformance_to_json(c, list, &answers,
					       &(struct vb_conformance_here){ "vfio_type1_iommu", "6.1.0" });
	json_t *json = json_object_get(whole, "promises");
	json_t *one = json_array_get(json, 0);

	assert_string_equal(json_string_value(json_object_get(whole, "mode")), "vfio_type1_iommu");
	assert_string_equal(json_string_value(json_object_get(whole, "kernel")), "6.1.0");
	assert_int_equal(json_array_size(json), 3);
	assert_string_equal(json_string_value(json_object_get(one, "answer")), "ENOENT");
	assert_string_equal(json_string_value(json_object_get(one, "expected")), "0");
	assert_string_equal(json_string_value(json_object_get(one, "default")), "EINVAL");
	assert_string_equal(json_string_value(json_object_get(one, "verdict")), "differs");
	assert_string_equal(json_string_value(json_object_get(one, "because")), "one two");
	one = json_array_get(json, 1);
	assert_string_equal(json_string_value(json_object_get(one, "why")), "no mdev");
	assert_string_equal(json_string_value(json_object_get(one, "verdict")), "not asked");
	assert_null(json_object_get(one, "answer"));
	one = json_array_get(json, 2);
	assert_string_equal(json_string_value(json_object_get(one, "answer")), "yes");
	assert_string_equal(json_string_value(json_object_get(one, "verdict")), "ok");
	assert_null(json_object_get(one, "because"));
	json_decref(whole);
	vb_conformance_free(c);
}

static void test_bad_files(void **state)
{
	char wide[400];

	expect_bad(CUT TOLD, 18, "no section [waits]");
	expect_bad(CUT TOLD WAITS "[tol]\n", 23, "[tol]: no such promise");
	expect_bad(CUT TOLD WAITS TOLD, 23, "[told] again: it began in line 15");
	expect_bad("text=t\n", 1, "before any section");
	expect_bad("[told\n", 1, "no ']'");
	expect_bad("[told] x\n", 1, "junk");
	expect_bad("[told]\nnonsense\n", 2, "neither a section nor KEY=VALUE");
	expect_bad("[told]\ncolour=blue\n", 2, "unknown key 'colour'");
	expect_bad("[told]\ntext=\n", 2, "no value");
	expect_bad("[told]\nkind=number\n", 2, "give errno, count, bytes or yesno");
	expect_bad("[told]\nkind=bytes\n", 2, "the workload's answer is of kind count");
	expect_bad("[told]\nanswer=2\n", 2, "answer= before kind=");
	expect_bad("[told]\nkind=count\nanswer=two\n", 3, "'two': give a number");
	expect_bad("[told]\nkind=count\nanswer=-\n", 3, "can't be '-'");
	expect_bad("[told]\nkind=count\nanswer=-1\n", 3, "'-1': give a number");
	expect_bad("[cut]\nkind=errno\nanswer=EWHAT\n", 3, "an errno's name");
	expect_bad("[cut]\nkind=errno\nanswer=22\n", 3, "an errno's name");
	expect_bad("[waits]\nkind=yesno\nanswer=1\n", 3, "yes or no");
	expect_bad("[told]\nkind=count\nanswer=2 | mode=x\n", 3, "the default");
	expect_bad("[told]\nkind=count\nanswer=2\nanswer=3\n", 4, "without conditions");
	expect_bad("[told]\nkind=count\nanswer=2\nanswer=3 |\n", 4, "nothing after '|'");
	expect_bad("[told]\nkind=count\nanswer=2\nanswer=3 | kernel>6\n", 4, "condition 'kernel>6'");
	expect_bad("[told]\nkind=count\nanswer=2\nanswer=3 | kernel<six\n", 4, "'kernel<six'");
	expect_bad("[told]\nkind=count\nanswer=2\nanswer=3 | mode=\n", 4, "'mode='");
	expect_bad("[told]\nkind=count\nanswer=2\nbecause=b\n", 4, "behind an answer that differs");
	expect_bad("[told]\nkind=count\nanswer=2\nanswer=3 | mode=x\nanswer=4 | mode=y\n", 4,
		   "without a because=");
	expect_bad(CUT WAITS "[told]\ntext=t\nkind=count\nanswer=2\nanswer=3 | mode=x\n", 23,
		   "without a because=");
	expect_bad(CUT WAITS "[told]\nkind=count\nanswer=2\n", 19, "[told] has no text=");
	expect_bad(CUT WAITS "[told]\ntext=t\nkind=count\n", 19, "[told] has no answer=");
	snprintf(wide, sizeof(wide), "[told]\ntext=%0300d\n", 0);
	expect_bad(wide, 2, "a line of more than");
}

static void test_no_file(void **state)
{
	struct vb_conformance *conformance = NULL;

	assert_int_equal(vb_conformance_read("/nowhere.ini", list, &conformance, err, sizeof(err)),
			 -ENOENT);
	assert_non_null(strstr(err, "/nowhere.ini: No such file"));
}

/* The suite's own file has the workload's promises, and at least 40. */
static void test_own_file(void **state)
{
	const struct vb_workload_ops *ops = vb_workload_find("conformance");
	struct vb_conformance *conformance = NULL;
	const char *top = getenv("top_srcdir");
	char own[4096];
	unsigned int nr = 0;

	assert_non_null(ops);
	snprintf(own, sizeof(own), "%s/bench/conformance.ini", top ? top : ".");
	if (vb_conformance_read(own, ops->promises, &conformance, err, sizeof(err)))
		fail_msg("%s", err);
	while (vb_promise_at(ops->promises, nr))
		nr++;
	assert_true(nr >= 40 && nr <= VB_MAX_PROMISES);
	vb_conformance_free(conformance);
}

/* A run that asked, as the audit sees it. */
static const struct vb_workload_ops asks = { .name = "asks", .promises = list };

static const struct vb_check *audit_of(struct vb_answer cut, struct vb_audit *audit)
{
	static struct vb_run_shared shared;
	static struct vb_job_run job;
	static struct vb_plan plan;
	struct vb_conformance *c = read_good(CUT TOLD WAITS);
	struct vb_run run = { .plan = &plan, .shared = &shared, .conformance = c,
			      .here = { "vfio_type1v2_iommu", "6.1.0" } };

	job.nr_sections = 1;
	job.section[0].workload = &asks;
	plan.run = &job;
	shared.answers = (struct vb_answers){ .nr = 3, .answer = { cut,
		{ .state = VB_ANSWER_GIVEN, .value = 2 },
		{ .state = VB_ANSWER_NOT_ASKED } } };
	vb_audit_run(&run, NULL, true, audit);
	vb_conformance_free(c);
	for (unsigned int i = 0; i < audit->nr_checks; i++)
		if (!strcmp(audit->check[i].name, "conformance"))
			return &audit->check[i];
	fail_msg("no check of that name");
	return NULL;
}

static void test_audit(void **state)
{
	struct vb_audit *audit = calloc(1, sizeof(*audit));
	const struct vb_check *check;

	assert_non_null(audit);
	check = audit_of((struct vb_answer){ .state = VB_ANSWER_GIVEN, .value = EINVAL }, audit);
	assert_int_equal(check->verdict, VB_VERDICT_OK);
	assert_string_equal(check->text, "2 answers are as expected, 0 are not, 1 could not be asked for");
	check = audit_of((struct vb_answer){ .state = VB_ANSWER_GIVEN, .value = ENOENT }, audit);
	assert_int_equal(check->verdict, VB_VERDICT_FAILED);
	assert_non_null(strstr(check->text, "the first that is not: cut: ENOENT, expected EINVAL"));
	check = audit_of((struct vb_answer){ .state = VB_ANSWER_HUNG, .why = "no answer in 8 s" }, audit);
	assert_int_equal(check->verdict, VB_VERDICT_FAILED);
	assert_non_null(strstr(check->text, "cut: no answer in 8 s, expected EINVAL"));
	free(audit);
}

static int make_path(void **state)
{
	int fd = mkstemp(path);

	if (fd >= 0)
		close(fd);
	return fd < 0;
}

static int remove_path(void **state)
{
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_answer),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_judged),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_own_file),
		cmocka_unit_test(test_audit),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}
