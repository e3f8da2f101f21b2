/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The "buckets" lists of a result.json, read from its text: as JSON values, of
 * which each pair is three, they would take ten times the time and twenty
 * times the memory of all the rest.
 */
#ifndef VB_RESULT_BUCKETS_H
#define VB_RESULT_BUCKETS_H

#include <stddef.h>

#include "lib/result/dist.h"

struct vb_bucket_list {
	size_t first, nr;		/* in bucket[] of vb_bucket_lists */
};

struct vb_bucket_lists {
	size_t nr;
	struct vb_bucket_list *list;	/* in the order of the text */
	struct vb_bucket *bucket;
};

/*
 * Replace each "buckets": [[i,n],...] in @text, which is as long afterwards, by
 * the list of one number, its place in @lists.  One that isn't written exactly
 * like that stays where it is, for jansson to read.  0 or -ENOMEM.  Freed with
 * vb_buckets_free().
 */
int vb_buckets_take(char *text, size_t length, struct vb_bucket_lists *lists);
void vb_buckets_free(struct vb_bucket_lists *lists);

#endif /* VB_RESULT_BUCKETS_H */
