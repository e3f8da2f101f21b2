// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of buckets out of JSON text.  A quote in a text is escaped, so KEY is none. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/result/buckets.h"

#define NAME "\"buckets\""
#define KEY NAME ": ["
/* All that fit into JSON's integers. */
#define MOST_DIGITS 18

static const char *read_number(const char *at, uint64_t *value)
{
	const char *from = at;

	*value = 0;
	while (*at >= '0' && *at <= '9' && at - from < MOST_DIGITS)
		*value = *value * 10 + (uint64_t)(*at++ - '0');
	/* JSON has no number like 007 */
	return at == from || (*from == '0' && at - from > 1) ? NULL : at;
}

/* One "[i,n]"; behind it, or NULL. */
static const char *read_pair(const char *at, struct vb_bucket *bucket)
{
	uint64_t index;

	if (*at != '[')
		return NULL;
	at = read_number(at + 1, &index);
	if (!at || *at != ',' || index > UINT32_MAX)
		return NULL;
	bucket->index = (uint32_t)index;
	at = read_number(at + 1, &bucket->count);
	return at && *at == ']' ? at + 1 : NULL;
}

/* The pairs from @at on; behind the list's end, or NULL. */
static const char *read_list(const char *at, struct vb_bucket *bucket, size_t *nr)
{
	for (*nr = 0;;) {
		at = read_pair(at, &bucket[*nr]);
		if (!at)
			return NULL;
		++*nr;
		if (*at == ']')
			return at + 1;
		if (*at++ != ',')
			return NULL;
	}
}

static int make_room(const char *text, size_t length, struct vb_bucket_lists *lists)
{
	size_t nr = 0;

	for (const char *at = strstr(text, KEY); at; at = strstr(at + 1, KEY))
		nr++;
	/* a pair is five characters at least */
	lists->list = calloc(nr + 1, sizeof(*lists->list));
	lists->bucket = calloc(length / 5 + 1, sizeof(*lists->bucket));
	return lists->list && lists->bucket ? 0 : -ENOMEM;
}

/*
 * All lists that the text has, which stays as it is.  False: one is written in
 * another way, then it could be taken for what stands for a list.
 */
static bool read_lists(const char *text, struct vb_bucket_lists *lists)
{
	size_t used = 0, nr;

	for (const char *at = strstr(text, NAME); at; at = strstr(at, NAME)) {
		if (strncmp(at, KEY, sizeof(KEY) - 1))
			return false;
		at += sizeof(KEY) - 1;
		if (*at == ']')
			continue;
		at = read_list(at, lists->bucket + used, &nr);
		if (!at)
			return false;
		lists->list[lists->nr++] = (struct vb_bucket_list){ used, nr };
		used += nr;
	}
	return true;
}

/* "[3      ]", as long as the list was: "[[0,1]]" has room for five digits. */
static void put_place(char *from, const char *end, size_t place)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%zu", place);

	memset(from + 1, ' ', (size_t)(end - from) - 2);
	memcpy(from + 1, digits, (size_t)n);
}

static void put_places(char *text)
{
	struct vb_bucket ignored;
	size_t place = 0;

	for (char *at = strstr(text, KEY); at; at = strstr(at, KEY)) {
		const char *end;

		at += sizeof(KEY) - 1;
		if (*at == ']')
			continue;
		for (end = read_pair(at, &ignored); *end == ',';)
			end = read_pair(end + 1, &ignored);
		put_place(at - 1, end + 1, place++);
		at = (char *)end;
	}
}

int vb_buckets_take(char *text, size_t length, struct vb_bucket_lists *lists)
{
	memset(lists, 0, sizeof(*lists));
	/* What has a zero byte in it is no JSON, and jansson will say so. */
	if (strlen(text) != length)
		return 0;
	if (make_room(text, length, lists)) {
		vb_buckets_free(lists);
		return -ENOMEM;
	}
	if (lists->list && read_lists(text, lists) && lists->nr < 100000)
		put_places(text);
	else
		lists->nr = 0;
	return 0;
}

void vb_buckets_free(struct vb_bucket_lists *lists)
{
	free(lists->list);
	free(lists->bucket);
	memset(lists, 0, sizeof(*lists));
}
