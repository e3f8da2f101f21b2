// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memory_fork: fork while memory is mapped; parent and child write to it, the
 * child ends.  The device has to go on seeing the parent's pages: they may not
 * move (copy on write gives the copy to the child), and the child's end may not
 * unpin anything.
 */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/engine/pages.h"
#include "bench/workload/workloads.h"

#define CHILDS		0x5a
#define PARENTS		0xc3

/* One byte of each page, by the side that calls it. */
static void write_all(struct vb_worker *w, int value)
{
	for (uint64_t at = 0; at < w->window->plan->size_bytes; at += VB_JOB_PAGE)
		((volatile char *)w->memory)[at] = (char)value;
}

static bool all_are(struct vb_worker *w, int value)
{
	for (uint64_t at = 0; at < w->window->plan->size_bytes; at += VB_JOB_PAGE)
		if (w->memory[at] != (char)value)
			return false;
	return true;
}

static int fork_and_write(struct vb_worker *w)
{
	uint64_t start = vb_now_ns(), end;
	pid_t pid = fork(), reaped;
	int status = 0;

	if (pid == 0) {
		write_all(w, CHILDS);
		_exit(0);
	}
	if (pid < 0)
		return -errno;
	write_all(w, PARENTS);
	do {
		reaped = waitpid(pid, &status, 0);
	} while (reaped < 0 && errno == EINTR);
	end = vb_now_ns();
	vb_op_sample(w, VB_METRIC_FORK, 0, start, end, 0);
	vb_hist_add(&w->shared->hist[VB_METRIC_FORK], end - start);
	return reaped == pid && WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ECHILD;
}

static int step(struct vb_worker *w)
{
	uint64_t bytes = w->window->plan->size_bytes, unmapped;
	bool is_private = w->section->backing == VB_BACKING_ANONYMOUS;
	struct vb_pages pages;
	int ret;

	write_all(w, PARENTS);
	ret = vb_op_map_window(w);
	if (ret)
		return ret;
	vb_pages_look(&pages, w->memory, bytes);
	ret = fork_and_write(w);
	if (ret)
		return ret;
	if (vb_pages_held(w))
		if (!pages.error)
		vb_op_verify(w, vb_pages_stayed(&pages), "a page that VFIO holds was given to a child");
	if (is_private)
		vb_op_verify(w, all_are(w, PARENTS), "what a child wrote is in its parent's memory");
	w->window->mapped = false;
	ret = vb_op_unmap(w, 0, bytes, VB_METRIC_REQUEST, &unmapped);
	if (ret)
		return ret;
	vb_op_verify(w, unmapped == bytes, "the request unmapped less than was mapped");
	return vb_op_request_end(w);
}

const struct vb_workload_ops vb_workload_memory_fork = {
	.name = "memory_fork",
	.summary = "fork while memory is mapped; both sides write, the child ends",
	.pinners_allowed = true,
	.step = step,
	.teardown = vb_op_unmap_window,
};
