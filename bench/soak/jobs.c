// SPDX-License-Identifier: GPL-2.0-or-later
/* Copies of the job files: a soak that goes on, or a cycle once more, has to do the same. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/engine/job_path.h"
#include "bench/soak/soak_impl.h"
#include "lib/result/dir.h"
#include "lib/result/files.h"

#define FILE_MAX_BYTES (16u << 20)

int soak_read_text(const char *path, char **text, size_t *length)
{
	FILE *file;
	char why[256];
	int ret = vb_files_open_plain(path, &file, why, sizeof(why));

	if (ret)
		return ret;
	*text = malloc(FILE_MAX_BYTES);
	*length = *text ? fread(*text, 1, FILE_MAX_BYTES, file) : 0;
	ret = !*text ? -ENOMEM : ferror(file) ? -EIO : *length == FILE_MAX_BYTES ? -EFBIG : 0;
	fclose(file);
	if (ret)
		free(*text);
	return ret;
}

/* Of several faults' own jobs with one name the file is the same. */
static int copy(const struct soak_job *job, int folder)
{
	char path[4096], name[VB_JOB_NAME_MAX + 8], *text = NULL;
	size_t length = 0;
	int ret = vb_job_locate(job->source, path, sizeof(path));

	if (!ret)
		ret = soak_read_text(path, &text, &length);
	if (ret)
		return ret;
	snprintf(name, sizeof(name), "%s.job", job->name);
	ret = vb_result_write(folder, name, text, length);
	free(text);
	return ret;
}

static int copy_all(struct soak *s, const char *folder, unsigned int from, unsigned int nr)
{
	int ret = mkdirat(s->dir_fd, folder, 0755) ? -errno : 0;
	int fd = ret ? -1 : openat(s->dir_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (!ret && fd < 0)
		ret = -errno;
	for (unsigned int i = from; i < from + nr && !ret; i++)
		ret = copy(&s->job[i], fd);
	if (fd >= 0)
		close(fd);
	return ret;
}

int soak_copy_jobs(struct soak *s)
{
	int ret = copy_all(s, "jobs", 0, s->nr_jobs);

	return ret || !s->nr_own_jobs ? ret : copy_all(s, SOAK_OWN_JOBS, s->nr_jobs, s->nr_own_jobs);
}

static void link_all(const struct soak *s, int folder, const char *below, unsigned int from, unsigned int nr)
{
	char name[VB_JOB_NAME_MAX + 32];

	if (!nr || mkdirat(folder, below, 0755))
		return;
	for (unsigned int i = from; i < from + nr; i++) {
		snprintf(name, sizeof(name), "%s/%s.job", below, s->job[i].name);
		linkat(s->dir_fd, name, folder, name, 0);
	}
}

void soak_link_jobs(const struct soak *s, int folder)
{
	link_all(s, folder, "jobs", 0, s->nr_jobs);
	link_all(s, folder, SOAK_OWN_JOBS, s->nr_jobs, s->nr_own_jobs);
}
