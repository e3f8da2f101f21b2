// SPDX-License-Identifier: GPL-2.0-or-later
/* FROM..TO*K and FROM..TO+K in a list: the values in between. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/engine/job_impl.h"

/* What the text takes apart to; the strings lie in one copy of it. */
struct parts {
	char *copy;
	char *from, *to, *by;
	bool multiply;
};

static bool sweeps(const struct vb_job_key *key)
{
	return key->type == VB_JOB_SIZE || key->type == VB_JOB_TIME || key->type == VB_JOB_NUMBER ||
	       key->type == VB_JOB_NODE;
}

bool job_sweep_is(const struct vb_job_key *key, const char *text)
{
	return sweeps(key) && strstr(text, "..");
}

static int take_apart(const struct vb_job_key *key, const char *text, struct parts *p, char *why,
		      size_t size)
{
	p->copy = strdup(text);
	if (!p->copy)
		return -ENOMEM;
	p->from = p->copy;
	p->to = strstr(p->copy, "..");
	*p->to = 0;
	p->to += 2;
	p->by = strpbrk(p->to, "*+");
	if (!p->by || !*p->from || p->by == p->to || !p->by[1]) {
		snprintf(why, size, "a sweep is FROM..TO*FACTOR or FROM..TO+STEP, such as 1..16*2: "
			 "give one, or %s", key->values);
		return -EINVAL;
	}
	p->multiply = *p->by == '*';
	*p->by++ = 0;
	return 0;
}

/* A plain number of at least 2, no unit. */
static int parse_factor(const char *text, uint64_t *factor)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*factor = strtoull(text, &end, 10);
	return *end || errno || *factor < 2 ? -EINVAL : 0;
}

/* An end of the sweep: a number, not one of the key's words. */
static int parse_end(const struct vb_job_key *key, const char *text, uint64_t *number, char *why,
		     size_t size)
{
	struct vb_job_key plain = *key;
	struct job_value value;
	int ret;

	plain.words = NULL;
	ret = job_value_parse(&plain, text, &value, why, size);
	*number = value.number;
	return ret;
}

static int parse_step(const struct vb_job_key *key, const struct parts *p, uint64_t *step, char *why,
		      size_t size)
{
	struct vb_job_key any = *key;
	char inner[300];

	if (p->multiply) {
		if (!parse_factor(p->by, step))
			return 0;
		snprintf(why, size, "factor '%.40s': give a whole number, 2 or more", p->by);
		return -EINVAL;
	}
	any.min = 1;	/* a step of 0 would go nowhere */
	any.max = UINT64_MAX;
	if (!parse_end(&any, p->by, step, inner, sizeof(inner)))
		return 0;
	snprintf(why, size, "step '%.40s': %s", p->by, inner);
	return -EINVAL;
}

static int fill(uint64_t from, uint64_t to, uint64_t step, bool multiply, uint64_t **values,
		size_t *nr, char *why, size_t size)
{
	uint64_t *list = malloc(VB_JOB_MAX_RUNS * sizeof(*list));
	uint64_t at = from;
	size_t n = 0;

	if (!list)
		return -ENOMEM;
	for (;;) {
		if (n == VB_JOB_MAX_RUNS) {
			snprintf(why, size, "the sweep has more than %d values: widen its steps",
				 VB_JOB_MAX_RUNS);
			free(list);
			return -EINVAL;
		}
		list[n++] = at;
		if ((multiply ? __builtin_mul_overflow(at, step, &at) :
				__builtin_add_overflow(at, step, &at)) || at > to)
			break;
	}
	*values = list;
	*nr = n;
	return 0;
}

int job_sweep_parse(const struct vb_job_key *key, const char *text, uint64_t **values, size_t *nr,
		    char *why, size_t size)
{
	struct parts p = { 0 };
	uint64_t from, to, step;
	int ret = take_apart(key, text, &p, why, size);

	if (!ret)
		ret = parse_end(key, p.from, &from, why, size);
	if (!ret)
		ret = parse_end(key, p.to, &to, why, size);
	if (!ret)
		ret = parse_step(key, &p, &step, why, size);
	if (!ret && (from > to || (p.multiply && !from))) {
		snprintf(why, size, from > to ? "the sweep ends below its start: give the lower end first" :
			 "0 times anything is 0: begin above it, or give a step");
		ret = -EINVAL;
	}
	if (!ret)
		ret = fill(from, to, step, p.multiply, values, nr, why, size);
	free(p.copy);
	return ret;
}
