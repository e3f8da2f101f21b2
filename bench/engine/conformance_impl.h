/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of conformance.h share. */
#ifndef VB_CONFORMANCE_IMPL_H
#define VB_CONFORMANCE_IMPL_H

#include "bench/engine/conformance.h"

#define CONFORMANCE_ANSWERS	12	/* of a promise */
#define CONFORMANCE_CONDITIONS	5	/* of an answer */

enum condition_kind {
	CONDITION_MODE,			/* one of those in @text, with commas between */
	CONDITION_FROM,			/* kernel>= */
	CONDITION_BEFORE,		/* kernel< */
	CONDITION_HAS,			/* the kernel has the function @text */
	CONDITION_LACKS,
};

struct condition {
	enum condition_kind kind;
	char text[96];
	unsigned int version[3];	/* of a kernel */
	bool present;			/* the function is there */
};

struct entry_answer {
	struct vb_expected expected;
	unsigned int line;
	char *where, *because;		/* the entry's own; may be NULL */
	unsigned int nr_conditions;
	struct condition condition[CONFORMANCE_CONDITIONS];
};

struct entry {
	char name[64];
	unsigned int line;		/* of the section; 0: there is none */
	char *text;
	bool has_kind;
	enum vb_answer_kind kind;
	unsigned int nr;
	struct entry_answer answer[CONFORMANCE_ANSWERS];
};

struct vb_conformance {
	unsigned int nr;
	struct entry entry[VB_MAX_PROMISES];	/* in the list's order, once it was read */
};

/* "6.1.0-56-amd64" as 6, 1, 0; false: it does not begin with a version. */
bool conformance_version(const char *text, unsigned int version[3]);
/*
 * "VALUE" or "VALUE | CONDITION CONDITION".  0, or -EINVAL with what is wrong in @why;
 * -ENOMEM.
 */
int conformance_answer(const char *text, enum vb_answer_kind kind, struct entry_answer *answer,
		       char *why, size_t size);

#endif /* VB_CONFORMANCE_IMPL_H */
