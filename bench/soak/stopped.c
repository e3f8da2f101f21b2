// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What became of a soak that did not stop in order: killed, or gone with the machine.  A machine
 * that goes down is what a soak is there to find, so that is a cycle that failed, not one to be
 * made again until it is clean.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/cmd/cmd.h"
#include "bench/soak/soak_impl.h"
#include "lib/machine/restore.h"
#include "lib/result/dir.h"

#define PSTORE_FILES	32
#define PSTORE_BYTES	(4u << 20)	/* of each */

static void tell_item(void *arg, const struct vb_restore_item *item)
{
	(void)arg;
	if (item->outcome == VB_RESTORED_DONE && item->entry.kind != VB_JOURNAL_PROCESS)
		fprintf(stderr, "left behind by a run that was killed, and put back: %s\n",
			item->entry.what);
}

void soak_put_back(void)
{
	struct vb_restore_options options = { .all = false };
	struct vb_restore_summary summary = { 0 };
	int ret;

	if (geteuid())
		return;		/* such a soak changes nothing of the machine */
	ret = vb_restore(&options, tell_item, NULL, &summary);
	if (ret)
		vb_warn("what killed runs left behind can't be put back: %s: 'vfio-bench restore' says more",
			strerror(-ret));
	else if (summary.left)
		vb_warn("%zu things that killed runs left behind can't be put back: 'vfio-bench restore' says "
			"which", summary.left);
}

unsigned int soak_to_put_back(pid_t owner)
{
	struct vb_journal journal;
	unsigned int nr = 0;

	if (geteuid() || vb_journal_read(&journal))
		return 0;
	for (size_t i = 0; i < journal.nr; i++)
		nr += journal.entry[i].pid == owner && !journal.entry[i].other_boot &&
		      journal.entry[i].kind != VB_JOURNAL_USES;
	vb_journal_free(&journal);
	return nr;
}

/* nftw() has no argument for its caller. */
static struct {
	int fd;
	time_t since;
	unsigned int nr;
} pstore;

static int keep_record(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char name[300], *text;
	FILE *file;
	size_t n;

	(void)ftw;
	if (type != FTW_F || st->st_mtime < pstore.since || pstore.nr == PSTORE_FILES)
		return 0;
	text = malloc(PSTORE_BYTES);
	file = fopen(path, "re");
	n = text && file ? fread(text, 1, PSTORE_BYTES, file) : 0;
	snprintf(name, sizeof(name), "pstore-%02u-%.200s", pstore.nr, path + ftw->base);
	if (n && !vb_result_write(pstore.fd, name, text, n))
		pstore.nr++;
	if (file)
		fclose(file);
	free(text);
	return 0;
}

/* What the kernel could save of its end, as it is or where systemd has moved it. */
static void keep_pstore(const struct soak *s, int fd)
{
	static const char *const places[] = { "/sys/fs/pstore", "/var/lib/systemd/pstore" };
	struct stat st;

	if (fstatat(s->dir_fd, "jobs", &st, 0))
		return;
	pstore.fd = fd;
	pstore.since = st.st_mtime;
	pstore.nr = 0;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		nftw(places[i], keep_record, 16, FTW_PHYS);
}

/* The folder that the cycle left, or, if it had none yet, a new one. */
static void keep_all(struct soak *s, const struct soak_choice *c, const struct soak_outcome *o)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "cycles/%06llu", (unsigned long long)s->cycles);
	if (mkdirat(s->dir_fd, name, 0755) && errno != EEXIST)
		return;
	fd = openat(s->dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && s->stopped == SOAK_MACHINE_DOWN)
		keep_pstore(s, fd);
	if (fd >= 0)
		close(fd);
	soak_keep_failure(s, c, o);
}

/* A fault that costs a boot was meant to; who booted again has the console. */
static void machine_down(const struct soak *s, const struct soak_choice *c, struct soak_outcome *o)
{
	if (s->running >= 0 && c->fault >= 0 && s->fault[c->fault].ops->needs & VB_FAULT_ENDS_GUEST)
		o->injected = true;
	else
		soak_say(o, SOAK_FAILED, "the machine went down %s: its console, or pstore-* here, may say why",
			 s->running >= 0 ? "in this cycle" : "before this cycle began");
}

static int count(struct soak *s, const struct soak_choice *c, struct soak_outcome *o)
{
	int ret = VB_EXIT_OK;

	soak_counts_read(&o->counts);
	o->start_s = soak_elapsed_s(s);
	o->past = true;
	if (o->verdict == SOAK_FAILED)
		keep_all(s, c, o);
	else
		ret = soak_set_aside(s);
	if (!ret && soak_count(s, c, o))
		ret = vb_fail(VB_EXIT_UNTRUSTED, "%s: cycles.csv can't be written: mend that, then --resume",
			      s->dir);
	soak_tell(s, c, o);
	return ret;
}

/* Of the cycle that was on, or of the next one if none was. */
static int account(struct soak *s)
{
	struct soak_outcome o = { .verdict = SOAK_CLEAN };
	struct soak_choice c;

	soak_choose(s, s->running >= 0 ? (uint64_t)s->running : s->next, &c);
	if (s->stopped == SOAK_MACHINE_DOWN) {
		machine_down(s, &c, &o);
	} else {
		soak_log_expect(s, &c, true);
		soak_log_judge(s, ", in or since the cycle that was cut", &o);
	}
	return o.verdict == SOAK_CLEAN && !o.injected ? soak_set_aside(s) : count(s, &c, &o);
}

/* Saved at once, before which nothing of what the old state says is lost. */
int soak_account(struct soak *s)
{
	int ret = s->stopped == SOAK_IN_ORDER ? soak_set_aside(s) : account(s);

	s->closing = false;
	s->running = -1;
	if (ret)
		return ret;
	ret = soak_state_save(s);
	if (ret)
		return vb_fail(VB_EXIT_UNTRUSTED, "%s: can't be written: %s", s->dir, strerror(-ret));
	return VB_EXIT_OK;
}
