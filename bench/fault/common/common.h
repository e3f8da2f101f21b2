/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the faults share: the machine as it has to be again, results, other processes. */
#ifndef VB_FAULT_COMMON_H
#define VB_FAULT_COMMON_H

#include <jansson.h>

#include "bench/fault/fault.h"
#include "lib/machine/journal.h"

#define VB_FAULT_LIMIT_NS 10000000000ull	/* for what has to be as before again */

/* The machine before the run; the first member of every fault's data. */
struct vb_fault_mark {
	uint64_t held_pages;		/* by pin_user_pages; UINT64_MAX: can't be told */
	unsigned int mdevs;
	unsigned int variants;		/* modules of variants that are loaded */
	uint64_t start_ns;		/* CLOCK_MONOTONIC_RAW */
};

/* For prepare(): allocates f->data of @size bytes, all zero, and fills its mark.  0 or -errno. */
int vb_fault_mark_data(struct vb_fault *f, size_t size);
/* vb_fault_mark_data() of the mark alone: a prepare(). */
int vb_fault_mark(struct vb_fault *f);

/*
 * For judge().  Each returns 0, or -errno with f->said set.
 * Within 10 s: no process of the run, no page held, no mdev, no variant more than at the mark.
 */
int vb_fault_check_settled(struct vb_fault *f);
/* The assigned device's group can be opened, put in a container, its device opened. */
int vb_fault_check_device(struct vb_fault *f);
/* The same job, for a moment, once more: exit 0. */
int vb_fault_check_next_run(struct vb_fault *f);
/* The three: all of which has to hold whatever ended a run. */
int vb_fault_check_again(struct vb_fault *f);
/* There is a result, marked incomplete, which 'report' reads and calls so. */
int vb_fault_check_incomplete(struct vb_fault *f);
/* The result is whole: 'report' reads it, its status is "complete". */
int vb_fault_check_complete(struct vb_fault *f);
/*
 * The named check of the first run's audit: is it @verdict ("ok", "failed", ...), and does its
 * text have @text (NULL: whatever)?
 */
int vb_fault_check_audit(struct vb_fault *f, const char *check, const char *verdict,
			 const char *text);
/* The first worker's own count of this name is at least @least. */
int vb_fault_check_count(struct vb_fault *f, const char *name, uint64_t least);
/* It is @value, no more and no less. */
int vb_fault_check_count_is(struct vb_fault *f, const char *name, uint64_t value);
/* How the run ended, among those that statuses allows. */
int vb_fault_exit_status(const struct vb_fault *f);

/* The folder of the result, whole or .part, in @path; -ENOENT: there is none. */
int vb_fault_output(const struct vb_fault *f, char *path, size_t size);
/* The first run's result.json, NULL with f->said set; the caller drops it. */
json_t *vb_fault_result(struct vb_fault *f);
/* meta.json, likewise. */
json_t *vb_fault_meta(struct vb_fault *f);

/*
 * Runs vfio-bench with these arguments, NULL at the end, for at most @limit_s seconds, then
 * kills it.  Its exit status, or -errno; what it printed, both streams, in @said.
 */
int vb_fault_program(struct vb_fault *f, unsigned int limit_s, char *said, size_t size,
		     const char *const *args);
/* Any program, the first of @args, likewise; searched for in PATH. */
int vb_fault_execute(const char *const *args, unsigned int limit_s, char *said, size_t size);
/* "run JOB --set ... --device ... --variant ... --output OUTPUT" as the run's, and @set more. */
int vb_fault_run_like(struct vb_fault *f, const char *output, const char *set, char *said,
		      size_t size);

/* Write @text to the file @path: 0 or -errno. */
int vb_fault_write(const char *path, const char *text);
/* The same by a process of its own, which the kernel may hold: -ETIMEDOUT after @limit_s. */
int vb_fault_write_bounded(const char *path, const char *text, unsigned int limit_s);
void vb_fault_sleep_ns(uint64_t ns);
/* Is @pid there, and no zombie? */
bool vb_fault_lives(pid_t pid);

/* A file below /sys or /proc/sys that was changed; in the journal while it is.  All zero: none. */
struct vb_fault_setting {
	char path[128];
	char before[VB_JOURNAL_BEFORE_SIZE];
	char id[VB_JOURNAL_ID_SIZE];
};

/* 0 or -errno, and then nothing is changed.  @s is zero, or was put back. */
int vb_fault_change(struct vb_fault_setting *s, const char *path, const char *text);
/* For undo(); nothing where nothing was changed.  What can't be put back stays in the journal. */
void vb_fault_put_back(struct vb_fault_setting *s);

/* Some CPU, not the first, to which a thread of the holder is bound; -ENOENT: there is none. */
int vb_fault_worker_cpu(const struct vb_fault *f);
/* A CPU goes offline until vb_fault_put_back(). */
int vb_fault_take_cpu(struct vb_fault_setting *s, int cpu);
/* The holder's mdev with the lowest UUID, in @uuid; -ENOENT: it has none open. */
int vb_fault_mdev(const struct vb_fault *f, char *uuid, size_t size);

/* Send @sig to the run's supervisor; -EAGAIN: it has ended. */
int vb_fault_signal(struct vb_fault *f, int sig);

/* A file system of its own in the folder "disk" of f->work, and f->output on it. */
struct vb_fault_disk {
	struct vb_fault_mark mark;
	char path[4200];		/* where it is mounted, "": it is not */
	char below[4200];		/* a tmpfs that it lies on, likewise */
	char output[4300];
};

/*
 * A tmpfs of @bytes at @path, which is made, and which only this process and its children see.
 * 0 or -errno with f->said set.
 */
int vb_fault_mount_tmpfs(struct vb_fault *f, const char *path, uint64_t bytes, bool read_only);
/* f->data is a struct vb_fault_disk whose path is mounted: the run's output goes there. */
void vb_fault_use_disk(struct vb_fault *f);
/* undo() of a fault whose data is a struct vb_fault_disk. */
void vb_fault_unmount_disk(struct vb_fault *f);
/*
 * judge() for output that could not be written: a run that says it is fine has a whole result;
 * of another one no file that is cut off is taken for a whole one, by 'report' either.
 */
int vb_fault_check_written(struct vb_fault *f);

/* in_run(): without CAP_IPC_LOCK, RLIMIT_MEMLOCK at 4 GiB. */
int vb_fault_no_ipc_lock(struct vb_fault *f);
/* From now on the holder may lock this much. */
int vb_fault_limit_memlock(struct vb_fault *f, uint64_t bytes);
/* judge(): maps were refused with -ENOMEM, nothing stayed charged, nothing else is wrong. */
int vb_fault_judge_memlock(struct vb_fault *f);

/* An ioctl's number and its name in messages. */
struct vb_fault_ioctl {
	unsigned long command;
	const char *name;
};

/*
 * SIGKILL for the holder while one of its threads is in such an ioctl, seen by ptrace.
 * -EAGAIN: the holder ended before that.
 */
int vb_fault_kill_inside(struct vb_fault *f, const struct vb_fault_ioctl *ioctl);
/* judge() for a run whose holder was killed. */
int vb_fault_judge_killed(struct vb_fault *f);

#endif /* VB_FAULT_COMMON_H */
