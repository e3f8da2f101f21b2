// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every allocation of the job reader fails once: a clean error, nothing lost
 * (a sanitizer build sees leaks).  The linker puts the functions below in
 * front of the C library's (-Wl,--wrap).
 */
#include <errno.h>
#include <stdio.h>

#include "tests/unit/job-helper.h"

static unsigned int countdown;		/* which allocation fails; 0: none */

void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);

static bool fails(void)
{
	return countdown && !--countdown;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return fails() ? NULL : __real_calloc(nr, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
	return fails() ? NULL : __real_strndup(text, size);
}

static const char text[] =
	"[published]\nhardware=a machine\nrow=v1 | a.count=2: map.mean 3 ms\nrow=: map.min 2 ms\n"
	"[global]\ndescription=some text\nduration=1s,2s\n"
	"[a]\nworkload=map_unmap\ncount=1..3+1\n[b]\nworkload=notify_span\nsize=4k,8k\n";

static int whole(struct vb_job_error *err)
{
	struct vb_job_run *runs;
	struct vb_job *job;
	size_t nr;
	int ret;

	ret = vb_job_parse("x", text, strlen(text), &job, err);
	if (ret) {
		assert_null(job);
		return ret;
	}
	ret = vb_job_set(job, "count=4,5", err);
	if (!ret)
		ret = vb_job_set(job, "b.threads=6", err);
	if (!ret)
		ret = vb_job_set(job, "description=other text", err);
	if (!ret)
		ret = vb_job_expand(job, &runs, &nr, err);
	if (!ret) {
		assert_int_equal(nr, 8);
		assert_string_equal(runs[0].global.description, "other text");
		free(runs);
	}
	vb_job_free(job);
	return ret;
}

static void test_nomem(void **state)
{
	struct vb_job_error err;
	unsigned int failed = 0;
	int ret;

	for (unsigned int nth = 1; nth < 10000; nth++) {
		err = (struct vb_job_error){ 0 };
		countdown = nth;
		ret = whole(&err);
		if (countdown) {
			countdown = 0;
			assert_int_equal(ret, 0);
			print_message("# %u allocations failed in turn\n", failed);
			assert_true(failed > 20);
			return;
		}
		if (ret != -ENOMEM || !strstr(err.text, "out of memory"))
			fail_msg("allocation %u: %d, %s", nth, ret, err.text);
		failed++;
	}
	fail_msg("never done");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nomem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
