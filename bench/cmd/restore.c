// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench restore: put back what a killed run left behind. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/cmd/bind-common.h"
#include "bench/cmd/cmds.h"
#include "lib/machine/restore.h"
#include "lib/machine/sysfs.h"

struct input {
	struct vb_restore_options options;
	const char *root;
	bool json;
};

struct output {
	json_t *items;		/* NULL: lines of text are printed */
	size_t changes;		/* items that are told */
};

/* "the mdev 12345678-...", as the object of "removed", and so on. */
static const char *noun(enum vb_journal_kind kind)
{
	switch (kind) {
	case VB_JOURNAL_MDEV:
		return "mdev ";
	case VB_JOURNAL_VARIANT:
		return "variant module ";
	case VB_JOURNAL_TRACE:
		return "tracing instance ";
	case VB_JOURNAL_CLOCK:
		return "clock ";
	case VB_JOURNAL_PROCESS:
		return "process ";
	default:
		return "";
	}
}

static const char *deed(enum vb_journal_kind kind)
{
	switch (kind) {
	case VB_JOURNAL_MDEV:
	case VB_JOURNAL_TRACE:
		return "removed";
	case VB_JOURNAL_VARIANT:
		return "unloaded";
	case VB_JOURNAL_PROCESS:
		return "has ended";
	case VB_JOURNAL_CLOCK:
		return "set back";
	case VB_JOURNAL_SETTING:
		return "as it was";
	default:
		return "back at the driver it had";
	}
}

static void say_left(const struct vb_restore_item *item)
{
	const struct vb_journal_entry *e = &item->entry;
	const char *name = noun(e->kind);

	switch (item->outcome) {
	case VB_RESTORED_ALIVE:
		printf("%s%s: left: vfio-bench (pid %d) is at work with it\n", name, e->what, (int)e->pid);
		break;
	case VB_RESTORED_USED:
		printf("%s%s: left: a run uses it\n", name, e->what);
		break;
	case VB_RESTORED_BUSY:
		vb_warn("%s%s: left: a program holds it open: end that ('fuser -v /dev/vfio/*'), then restore "
			"again", name, e->what);
		break;
	case VB_RESTORED_HUNG:
		vb_warn("%s%s: left: the kernel does not answer: dmesg may say why; reboot needed", name,
			e->what);
		break;
	default:
		vb_warn("%s%s: left: %s: see dmesg, then restore again", name, e->what,
			strerror(-item->error));
		break;
	}
}

static void print(const struct vb_restore_item *item)
{
	const struct vb_journal_entry *e = &item->entry;

	switch (item->outcome) {
	case VB_RESTORED_DONE:
		printf("%s%s: %s\n", noun(e->kind), e->what, deed(e->kind));
		break;
	case VB_RESTORED_WOULD:
		printf("%s%s: would be %s\n", noun(e->kind), e->what, deed(e->kind));
		break;
	default:
		say_left(item);
	}
}

/* Nothing to be told: it was as before, or only says what something uses. */
static bool of_interest(const struct vb_restore_item *item)
{
	return item->outcome != VB_RESTORED_NOTHING && item->outcome != VB_RESTORED_BOOT &&
	       item->entry.kind != VB_JOURNAL_USES &&
	       (item->entry.kind != VB_JOURNAL_PROCESS || item->outcome == VB_RESTORED_HUNG);
}

static void tell(void *arg, const struct vb_restore_item *item)
{
	const struct vb_journal_entry *e = &item->entry;
	struct output *out = arg;

	if (!of_interest(item))
		return;
	out->changes++;
	if (!out->items) {
		print(item);
		fflush(stdout);
		return;
	}
	json_array_append_new(out->items, json_pack("{s:s, s:s, s:s, s:i, s:s}",
			      "kind", vb_journal_kind_name(e->kind), "what", e->what,
			      "outcome", vb_restored_name(item->outcome), "pid", (int)e->pid,
			      "error", item->error ? strerror(-item->error) : ""));
}

static int say_failed(int err)
{
	if (err == -EAGAIN)
		return vb_fail(VB_EXIT_USAGE, "restore: another one is at work: try again");
	return vb_fail(VB_EXIT_USAGE, VB_STATE_DIR ": can't be read: %s%s", strerror(-err),
		       err == -EPERM ? ": it must be root's folder alone: look at who wrote there, then "
		       "remove it" : "");
}

static void say_damaged(const struct vb_restore_summary *summary)
{
	if (summary->damaged)
		vb_warn(VB_STATE_DIR "/" VB_JOURNAL_FILE ": %zu of its lines not whole: a change that was being "
			"noted when its program was killed, and was not made", summary->damaged);
	if (summary->unknown)
		vb_warn(VB_STATE_DIR "/" VB_JOURNAL_FILE ": %zu of its lines are another version's: use that "
			"version's restore", summary->unknown);
}

static int finish(const struct input *in, struct output *out, const struct vb_restore_summary *summary)
{
	say_damaged(summary);
	if (in->json) {
		json_t *object = json_pack("{s:b, s:o, s:I, s:I, s:I}", "dry_run", in->options.dry_run,
					   "items", out->items, "left", (json_int_t)summary->left,
					   "damaged_lines", (json_int_t)summary->damaged,
					   "unknown_lines", (json_int_t)summary->unknown);

		if (!object || json_dumpf(object, stdout, JSON_INDENT(2)))
			return vb_fail(VB_EXIT_UNTRUSTED, "restore: out of memory");
		puts("");
		json_decref(object);
	} else if (!out->changes) {
		puts("nothing is left to be put back");
	}
	return summary->left || summary->unknown ? VB_EXIT_INCORRECT : VB_EXIT_OK;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct input *in = state->input;

	switch (key) {
	case 'n':
		in->options.dry_run = true;
		return 0;
	case 'j':
		in->json = true;
		return 0;
	case VB_OPT_ALL:
		in->options.all = true;
		return 0;
	case VB_OPT_ROOT:
		in->root = arg;
		in->options.dry_run = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static int run(const struct vb_cmd *cmd, int argc, char **argv)
{
	struct input in = { .json = false };
	struct vb_restore_summary summary;
	struct output out = { 0 };
	int ret = vb_cmd_parse(cmd, parse_option, argc, argv, &in);

	if (ret)
		return ret;
	if (!in.root && geteuid())
		return vb_fail(VB_EXIT_USAGE, "restore: only root can put the machine back, or read what is to be "
			       "put back: run 'sudo vfio-bench restore'");
	if (in.root && access(in.root, X_OK))
		return vb_fail(VB_EXIT_USAGE, "%s: not a folder to look in", in.root);
	vb_sysfs_set_root(in.root ? in.root : "");
	if (in.json)
		out.items = json_array();
	ret = vb_restore(&in.options, tell, &out, &summary);
	if (ret) {
		json_decref(out.items);
		return say_failed(ret);
	}
	return finish(&in, &out, &summary);
}

static const struct argp_option options[] = {
	{ "all", VB_OPT_ALL, NULL, 0, "also what you asked for: devices that 'bind' gave to vfio-pci, a variant that "
	  "'variant load' loaded", 0 },
	{ "dry-run", 'n', NULL, 0, "say what would be done, change nothing", 0 },
	{ "json", 'j', NULL, 0, "print JSON", 0 },
	{ "root", VB_OPT_ROOT, "DIR", OPTION_HIDDEN,
	  "look at the machine whose /sys, /proc and /run are below DIR; implies --dry-run", 0 },
	{ 0 }
};

const struct vb_cmd vb_cmd_restore = {
	.name = "restore",
	.summary = "put back what a killed run left behind",
	.args_doc = "",
	.doc = "Put back what a vfio-bench that was killed left behind: drivers and driver_override of "
	       "devices that it was binding or unbinding, mdevs, the variant that it loaded, its tracing "
	       "instance, settings below /sys and /proc/sys, CPUs that a soak took offline and steps of the "
	       "clock that it made.  What a soak mounts is its own and goes with it.\n\n"
	       "Every change of the machine stands in the journal in " VB_STATE_DIR " before it is made. "
	       "What is open there is undone, newest first, if the program that made it is gone; what a "
	       "living one works with is left, and said.  It can be interrupted and run again at any "
	       "time, and is never wrong to run.\n\n"
	       "A device that 'bind' gave to vfio-pci, and a variant that 'variant load' loaded, is what "
	       "you asked for: it stays, unless you say --all or use 'unbind', 'variant unload'.  Modules "
	       "of the kernel's own that were loaded on the way (vfio-pci, vfio_iommu_type1) stay as "
	       "well.\n\n"
	       "Exit status: 0 all is put back, 1 not allowed to or the journal can't be read, 2 something "
	       "could not be put back.",
	.options = options,
	.run = run,
};
