// SPDX-License-Identifier: GPL-2.0-or-later
/* Write one expanded run as a job file that gives every key. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/engine/job_impl.h"

static void print_keys(FILE *out, bool global, const void *base)
{
	char value[JOB_VALUE_TEXT];

	for (size_t i = 0; i < vb_nr_job_keys; i++) {
		const struct vb_job_key *key = &vb_job_keys[i];
		const char *text = value;

		if (key->global != global)
			continue;
		if (key->type == VB_JOB_TEXT)
			text = (const char *)base + key->offset;
		else
			job_value_format(key, job_value_load(key, base), value, sizeof(value));
		/* An empty text can't be written, and is the default. */
		if (*text)
			fprintf(out, "%s=%s\n", key->name, text);
	}
}

static int write_all(int fd, const char *text, size_t length)
{
	ssize_t n;

	while (length) {
		n = write(fd, text, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		length -= (size_t)n;
	}
	return 0;
}

int vb_job_run_write(const struct vb_job_run *run, int fd)
{
	size_t length = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &length);
	int ret;

	if (!out)
		return -errno;
	fputs("[global]\n", out);
	print_keys(out, true, &run->global);
	for (unsigned int i = 0; i < run->nr_sections; i++) {
		fprintf(out, "\n[%s]\n", run->section[i].name);
		print_keys(out, false, &run->section[i]);
	}
	ret = ferror(out) ? -ENOMEM : 0;
	if (fclose(out) && !ret)
		ret = -ENOMEM;
	if (!ret)
		ret = write_all(fd, text, length);
	free(text);
	return ret;
}
