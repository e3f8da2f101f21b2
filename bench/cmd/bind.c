// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench bind: give PCI devices to vfio-pci. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/cmd/bind-common.h"
#include "bench/cmd/cmds.h"

static const char *or_none(const char *driver)
{
	return driver[0] ? driver : "no driver";
}

/* All of them, before the first is touched. */
static int check_all(const struct vb_bind_args *args)
{
	struct vb_bind_report report;
	int exit_code = VB_EXIT_OK;

	for (size_t i = 0; i < args->nr; i++) {
		const char *address = args->addresses[i];
		int err = vb_bind_check(address, args->addresses, args->nr, &report);

		if (err)
			exit_code = vb_bind_explain(address, &report, err);
		else if (args->dry_run && report.already)
			printf("%s: is bound to " VB_BIND_DRIVER ", IOMMU group %d\n", address,
			       report.group);
		else if (args->dry_run)
			printf("%s: would go from %s to " VB_BIND_DRIVER ", IOMMU group %d\n",
			       address, or_none(report.driver), report.group);
	}
	return exit_code;
}

static void give_back(const char *const *taken, size_t nr)
{
	struct vb_bind_report report;

	while (nr--) {
		int err = vb_unbind(taken[nr], &report);

		if (err)
			vb_unbind_explain(taken[nr], &report, err);
		else
			printf("%s: back at %s\n", taken[nr], or_none(report.saved.driver));
	}
}

/* From here on they stay, whatever becomes of us. */
static int keep(const char *const *taken, struct vb_bind_report *reports, size_t nr)
{
	int exit_code = VB_EXIT_OK;

	for (size_t i = 0; i < nr; i++) {
		int err = vb_bind_keep(&reports[i]);

		if (err)
			exit_code = vb_fail(VB_EXIT_USAGE, "%s: bound, but 'vfio-bench restore' will take "
					    "it back: writing to " VB_STATE_DIR ": %s", taken[i],
					    strerror(-err));
	}
	return exit_code;
}

static int bind_all(const struct vb_bind_args *args)
{
	const char **taken = calloc(args->nr, sizeof(*taken));
	struct vb_bind_report *reports = calloc(args->nr, sizeof(*reports)), report;
	int exit_code = VB_EXIT_OK;
	size_t nr = 0;

	if (!taken || !reports) {
		free(taken);
		free(reports);
		return vb_fail(VB_EXIT_USAGE, "bind: out of memory");
	}
	for (size_t i = 0; !exit_code && i < args->nr; i++) {
		const char *address = args->addresses[i];
		int err = vb_bind(address, args->addresses, args->nr, &report);

		if (err) {
			exit_code = vb_bind_explain(address, &report, err);
			give_back(taken, nr);
		} else if (report.already) {
			printf("%s: is bound to " VB_BIND_DRIVER " already, /dev/vfio/%d\n",
			       address, report.group);
		} else {
			printf("%s: from %s to " VB_BIND_DRIVER ", /dev/vfio/%d\n", address,
			       or_none(report.saved.driver), report.group);
			reports[nr] = report;
			taken[nr++] = address;
		}
	}
	if (!exit_code)
		exit_code = keep(taken, reports, nr);
	free(reports);
	free(taken);
	return exit_code;
}

static int run(const struct vb_cmd *cmd, int argc, char **argv)
{
	struct vb_bind_args args = { .cmd = cmd };
	int exit_code = vb_bind_args_parse(&args, argc, argv);

	if (!exit_code && geteuid() && !args.root)
		vb_warn("bind: not root: what other users' programs have open is not seen here");
	if (!exit_code)
		exit_code = check_all(&args);
	if (!exit_code && !args.dry_run)
		exit_code = bind_all(&args);
	vb_bind_args_free(&args);
	return exit_code;
}

static const struct argp_option options[] = {
	{ "dry-run", 'n', NULL, 0, "say what would be done, change nothing", 0 },
	{ "root", VB_OPT_ROOT, "DIR", OPTION_HIDDEN,
	  "look at the machine whose /sys, /proc and /run are below DIR; implies --dry-run", 0 },
	{ 0 }
};

const struct vb_cmd vb_cmd_bind = {
	.name = "bind",
	.summary = "give PCI devices to vfio-pci, unless they are in use",
	.args_doc = "ADDRESS...",
	.doc = "Give PCI devices to vfio-pci.  ADDRESS is a full PCI address, such as "
	       "0000:41:00.0.\n\n"
	       "A device that is in use is never taken, and no option changes that: one that "
	       "carries (or shares its IOMMU group with one that carries) a mounted file system, "
	       "swap, a volume, a network interface that is up, your own login, the console, a "
	       "display, a keyboard, virtual functions, mediated devices, memory, or a file in "
	       "/dev that a program has open; nor a bridge, nor one whose group holds a device "
	       "with a host driver that is not bound in the same command.  doc/safety.md has the "
	       "rules.  Either all the devices are bound or none.\n\n"
	       "What was before is kept in " VB_STATE_DIR " until 'vfio-bench unbind' puts it "
	       "back.",
	.options = options,
	.run = run,
};
