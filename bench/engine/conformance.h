/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel promises: bench/conformance.ini, one section for each promise, with
 * the answer that is expected, and others where the kernel or the mode differs.
 * doc/conformance.md describes the file.
 */
#ifndef VB_CONFORMANCE_H
#define VB_CONFORMANCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "bench/engine/answers.h"

#define VB_CONFORMANCE_ERROR 512

struct vb_conformance;

/* What decides which of a promise's answers is expected. */
struct vb_conformance_here {
	const char *mode;		/* iommu_mode= */
	const char *release;		/* of the kernel, as uname -r */
};

/* An answer that is expected. */
struct vb_expected {
	int64_t value;
	bool silent;			/* that it can't be asked of the kernel: no value */
	const char *where;		/* conditions, as the file has them; "": the default */
	const char *because;		/* ""; of a default */
};

enum vb_conforms {
	VB_CONFORMS,
	VB_CONFORMS_UNASKED,		/* it can't be asked here, and says why */
	VB_CONFORMS_NOT,		/* another answer, or none where there should be one */
};

struct vb_judged {
	enum vb_conforms verdict;
	const char *text;		/* of the promise */
	const struct vb_expected *expected, *standard;
};

/*
 * Read @path, whose sections must be the promises of @list, each of its kind.  0,
 * freed by vb_conformance_free(); -EINVAL, with file, line and what is wrong in @err;
 * another -errno: it can't be read, likewise in @err.
 */
int vb_conformance_read(const char *path, const struct vb_promise *const *list,
			struct vb_conformance **conformance, char *err, size_t err_size);
void vb_conformance_free(struct vb_conformance *conformance);
/*
 * Find out which of the functions that the file's has= and lacks= name the kernel has,
 * in @path (/proc/kallsyms); to be done before anything is judged, with VFIO's modules
 * loaded.  0 or -errno; -ENODATA: it names no function at all.
 */
int vb_conformance_look(struct vb_conformance *conformance, const char *path);
/* The answer that is expected of the @index'th promise: never NULL. */
const struct vb_expected *vb_conformance_expected(const struct vb_conformance *conformance,
						  unsigned int index,
						  const struct vb_conformance_here *here);
void vb_conformance_judge(const struct vb_conformance *conformance, unsigned int index,
			  const struct vb_answer *answer, const struct vb_conformance_here *here,
			  struct vb_judged *judged);
/* "EINVAL", "2", "yes"; returns @text. */
const char *vb_answer_text(enum vb_answer_kind kind, int64_t value, char *text, size_t size);
/* The same of what is expected; "-": that it can't be asked. */
const char *vb_expected_text(enum vb_answer_kind kind, const struct vb_expected *expected,
			     char *text, size_t size);
/* All of @answers, judged, and @here, for result.json: an object; NULL: no memory. */
json_t *vb_conformance_to_json(const struct vb_conformance *conformance,
			       const struct vb_promise *const *list, const struct vb_answers *answers,
			       const struct vb_conformance_here *here);

#endif /* VB_CONFORMANCE_H */
