/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where job files are. */
#ifndef VB_JOB_PATH_H
#define VB_JOB_PATH_H

#include <stddef.h>

/*
 * The folder of the suite's own jobs: the source tree's when the program runs
 * from its build tree, else the installed one.
 */
const char *vb_job_dir(void);
/*
 * What a user calls a job: a name without '/' and without ".job" is one of the
 * folder's, anything else a path, which is not looked at.  0 with *path;
 * -ENOENT: no such job in the folder; -EINVAL: empty; -ENAMETOOLONG.
 */
int vb_job_locate(const char *name, char *path, size_t size);

#endif /* VB_JOB_PATH_H */
