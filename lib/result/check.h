/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a file is what doc/results.md says, as far as a reader relies on it. */
#ifndef VB_RESULT_CHECK_H
#define VB_RESULT_CHECK_H

#include <jansson.h>
#include <stddef.h>

/* 0, or -EINVAL with "KEY: what is wrong" in @err. */
int vb_result_check_meta(const json_t *meta, char *err, size_t size);
int vb_result_check_run(const json_t *run, const json_t *meta, char *err, size_t size);

#endif /* VB_RESULT_CHECK_H */
