// SPDX-License-Identifier: GPL-2.0-or-later
/* last-ops.csv: read from memory that outlives the worker. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/engine/last_ops.h"
#include "lib/result/dir.h"

/* A worker that was killed may have been writing this very entry: then it is mixed. */
static void print_op(FILE *out, unsigned int worker, const char *section, const struct vb_last_op *op)
{
	const char *name = op->metric >= 0 && op->metric < VB_NR_METRICS ?
			   vb_metric_name((enum vb_metric)op->metric) : "?";

	fprintf(out, "%u,%s,%llu,%llu,%s,0x%llx,%llu,%d\n", worker, section,
		(unsigned long long)op->start_ns, (unsigned long long)(op->end_ns - op->start_ns), name,
		(unsigned long long)op->iova, (unsigned long long)op->size_bytes, op->result);
}

static void print_worker(FILE *out, const struct vb_run *run, unsigned int i)
{
	const struct vb_worker_shared *w = run->worker[i];
	const char *section = run->plan->worker[i].section->name;
	uint64_t nr = w->nr_ops, from = nr > VB_LAST_OPS ? nr - VB_LAST_OPS : 0;

	for (uint64_t n = from; n < nr; n++)
		print_op(out, i, section, &w->last[n % VB_LAST_OPS]);
	if (w->request_bytes)
		fprintf(out, "%u,%s,,,unfinished request,0x%llx,%llu,\n", i, section,
			(unsigned long long)w->request_iova, (unsigned long long)w->request_bytes);
}

int vb_last_ops_write(const struct vb_run *run)
{
	size_t length = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &length);
	int ret;

	if (!out)
		return -ENOMEM;
	fputs("worker,section,start_ns,took_ns,operation,iova,size_bytes,result\n", out);
	for (unsigned int i = 0; i < run->plan->nr_workers; i++)
		print_worker(out, run, i);
	ret = fclose(out) ? -ENOMEM : vb_result_write(run->dir_fd, "last-ops.csv", text, length);
	free(text);
	return ret;
}
