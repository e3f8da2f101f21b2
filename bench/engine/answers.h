/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel was asked, and what it answered: a workload that asks has a list of
 * promises, and leaves the answers, in the list's order, in memory that outlives its
 * processes.  What they should be is bench/engine/conformance.h's business.
 */
#ifndef VB_ANSWERS_H
#define VB_ANSWERS_H

#include <stdint.h>

#define VB_MAX_PROMISES	160
#define VB_ANSWER_WHY	112

/* What kind of thing an answer is. */
enum vb_answer_kind {
	VB_ANSWER_ERRNO,		/* 0, or a positive errno */
	VB_ANSWER_COUNT,
	VB_ANSWER_BYTES,
	VB_ANSWER_YESNO,		/* 1 or 0 */
};

enum vb_answer_state {
	VB_ANSWER_NONE,			/* nobody came so far */
	VB_ANSWER_GIVEN,
	VB_ANSWER_NOT_ASKED,		/* it can't be, with this job, mode or machine */
	VB_ANSWER_SILENT,		/* it can't be asked of this kernel */
	VB_ANSWER_BROKEN,		/* what has to come before the question failed */
	VB_ANSWER_HUNG,			/* no answer in its time */
};

struct vb_answer {
	int32_t state;			/* enum vb_answer_state */
	int64_t value;			/* of one that was given */
	char why[VB_ANSWER_WHY];	/* of one that was not */
};

struct vb_answers {
	uint32_t nr;			/* how many promises are asked; 0: none */
	struct vb_answer answer[VB_MAX_PROMISES];
};

struct vb_ask;

struct vb_promise {
	const char *name;		/* its section in conformance.ini */
	enum vb_answer_kind kind;
	unsigned int with;		/* enum vb_ask_with */
	/* 0: the answer is in @ask; else as bench/workload/conformance/ask.h says */
	int (*ask)(struct vb_ask *ask);
};

/*
 * Those on one subject are an array that ends with .name = NULL; a list names all
 * subjects, NULL at its end.  The list's @index'th promise; NULL: there are fewer.
 */
const struct vb_promise *vb_promise_at(const struct vb_promise *const *list, unsigned int index);

#endif /* VB_ANSWERS_H */
