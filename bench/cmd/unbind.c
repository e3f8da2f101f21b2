// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench unbind: give PCI devices back to the drivers that bind took them from. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd/bind-common.h"
#include "bench/cmd/cmds.h"

static int unbind_one(const char *address, bool dry_run)
{
	struct vb_bind_report report;
	int err = dry_run ? vb_unbind_check(address, &report) : vb_unbind(address, &report);

	if (err)
		return vb_unbind_explain(address, &report, err);
	if (report.already) {
		printf("%s: is not bound to " VB_BIND_DRIVER "\n", address);
		return VB_EXIT_OK;
	}
	printf("%s: %s %s\n", address, dry_run ? "would go back to" : "back at",
	       report.saved.driver[0] ? report.saved.driver : "no driver");
	return VB_EXIT_OK;
}

static int unbind_given(const struct vb_bind_args *args)
{
	int worst = VB_EXIT_OK;

	for (size_t i = 0; i < args->nr; i++)
		if (unbind_one(args->addresses[i], args->dry_run))
			worst = VB_EXIT_USAGE;
	return worst;
}

static int unbind_all(const struct vb_bind_args *args)
{
	char (*list)[VB_PCI_ADDRESS_SIZE];
	int worst = VB_EXIT_OK, err;
	size_t nr;

	err = vb_bind_list(&list, &nr);
	if (err)
		return vb_fail(VB_EXIT_USAGE, VB_STATE_DIR ": cannot be read: %s", strerror(-err));
	for (size_t i = 0; i < nr; i++)
		if (unbind_one(list[i], args->dry_run))
			worst = VB_EXIT_USAGE;
	if (!nr)
		puts("nothing is bound by vfio-bench");
	free(list);
	return worst;
}

static int run(const struct vb_cmd *cmd, int argc, char **argv)
{
	struct vb_bind_args args = { .cmd = cmd };
	int exit_code = vb_bind_args_parse(&args, argc, argv);

	if (!exit_code)
		exit_code = args.all ? unbind_all(&args) : unbind_given(&args);
	vb_bind_args_free(&args);
	return exit_code;
}

static const struct argp_option options[] = {
	{ "all", VB_OPT_ALL, NULL, 0, "every device that bind has taken", 0 },
	{ "dry-run", 'n', NULL, 0, "say what would be done, change nothing", 0 },
	{ "root", VB_OPT_ROOT, "DIR", OPTION_HIDDEN,
	  "look at the machine whose /sys, /proc and /run are below DIR; implies --dry-run", 0 },
	{ 0 }
};

const struct vb_cmd vb_cmd_unbind = {
	.name = "unbind",
	.summary = "give PCI devices back to the drivers that bind took them from",
	.args_doc = "ADDRESS...\n--all",
	.doc = "Put back the driver and the driver_override that each device had before "
	       "'vfio-bench bind'.  A device that a program has open stays where it is.",
	.options = options,
	.run = run,
};
