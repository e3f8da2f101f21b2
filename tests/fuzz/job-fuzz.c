// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The job reader, the published figures in it, and overrides.
 *
 * The input up to a NUL byte is a job file, what follows it an override.  What
 * is refused must say why; what is accepted must survive writing and reading.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/engine/published.h"
#include "tests/fuzz/fuzz.h"

#define MAX_CHECKED	4	/* runs of a matrix that are written and read again */

static void refused(int ret, const struct vb_job_error *err)
{
	require(ret == -EINVAL || ret == -E2BIG, "unexpected return", strerror(-ret));
	require(strlen(err->text) > strlen("fuzz: ") && strchr(err->text, ':') != NULL,
		"no reason given", err->text);
	require_message(err->text);
}

static void round_trip(const struct vb_job_run *run)
{
	struct vb_job_error err = { 0 };
	struct vb_job_run *again;
	char text[65536];
	struct vb_job *job;
	ssize_t length;
	size_t nr;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	require(fd >= 0 && !vb_job_run_write(run, fd), "can't write", "");
	length = pread(fd, text, sizeof(text), 0);
	close(fd);
	require(length > 0 && (size_t)length < sizeof(text), "can't read", "");
	require(!vb_job_parse("again", text, (size_t)length, &job, &err), "not parsed", err.text);
	require(!vb_job_expand(job, &again, &nr, &err), "not expanded", err.text);
	require(nr == 1 && !memcmp(again, run, sizeof(*run)), "not the same", text);
	free(again);
	vb_job_free(job);
}

static void override(struct vb_job *job, const uint8_t *data, size_t size)
{
	struct vb_job_error err = { 0 };
	char *assignment = strndup((const char *)data, size);
	int ret;

	require(assignment != NULL, "no memory", "");
	ret = vb_job_set(job, assignment, &err);
	if (ret)
		refused(ret, &err);
	free(assignment);
}

/* Rows are held against runs, and become JSON. */
static void published(const struct vb_job *job, const struct vb_job_run *runs, size_t nr)
{
	const struct vb_published *p = vb_job_published(job);
	json_t *json = p ? vb_published_to_json(p) : NULL;

	require(!p || json_array_size(json_object_get(json, "rows")) == p->nr_rows, "no JSON", "");
	for (unsigned int row = 0; p && row < p->nr_rows; row++) {
		require(p->row[row].nr_figures > 0, "a row without figures", p->row[row].text);
		for (size_t i = 0; i < nr && i < MAX_CHECKED; i++)
			vb_published_fits(&p->row[row], &runs[i]);
	}
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	size_t length = nul ? (size_t)(nul - data) : size, nr;
	struct vb_job_error err = { 0 };
	struct vb_job_run *runs;
	struct vb_job *job;
	int ret;

	/* Once with the NUL in it: refused or not, it must not hurt. */
	if (nul && !vb_job_parse("fuzz", (const char *)data, size, &job, &err))
		vb_job_free(job);
	ret = vb_job_parse("fuzz", (const char *)data, length, &job, &err);
	if (ret) {
		refused(ret, &err);
		return 0;
	}
	if (nul)
		override(job, nul + 1, size - length - 1);
	ret = vb_job_expand(job, &runs, &nr, &err);
	if (ret)
		refused(ret, &err);
	for (size_t i = 0; !ret && i < nr && i < MAX_CHECKED; i++)
		round_trip(&runs[i]);
	if (!ret) {
		published(job, runs, nr);
		free(runs);
	}
	vb_job_free(job);
	return 0;
}
