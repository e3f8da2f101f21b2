// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench doctor: what VFIO needs, what is missing, what mends it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/cmd/cmds.h"
#include "bench/cmd/doctor.h"
#include "lib/machine/sysfs.h"

enum { OPT_JSON = 0x100, OPT_ROOT, OPT_STRICT };

/* In the order in which they are to be mended. */
const struct vb_check vb_doctor_checks[] = {
	{ "IOMMU", true, vb_look_iommu },
	{ "IOMMU groups", true, vb_look_groups },
	{ "IRQ remapping", false, vb_look_remapping },
	{ "vfio", true, vb_look_vfio },
	{ "vfio_iommu_type1", true, vb_look_type1 },
	{ "vfio-pci", true, vb_look_vfio_pci },
	{ "/dev/vfio/vfio", true, vb_look_dev_vfio },
	{ "PCI devices", false, vb_look_devices },
	{ "mdev", false, vb_look_mdev },
	{ "companion module", false, vb_look_companion },
	{ "module signing", false, vb_look_signing },
	{ "kernel headers", false, vb_look_headers },
	{ "root", false, vb_look_root },
	{ "locked memory", false, vb_look_memlock },
	{ "hugepages", false, vb_look_hugepages },
	{ "NUMA nodes", false, vb_look_nodes },
	{ "io_uring", false, vb_look_io_uring },
	{ "gnuplot", false, vb_look_gnuplot },
	{ "lab", false, vb_look_lab },
};
const size_t vb_doctor_nr_checks = sizeof(vb_doctor_checks) / sizeof(vb_doctor_checks[0]);

static const char *const health_names[] = {
	[VB_HEALTH_OK] = "ok",
	[VB_HEALTH_WARNING] = "warning",
	[VB_HEALTH_MISSING] = "missing",
};

struct doctor_args {
	bool json, strict;
	const char *root;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct doctor_args *args = state->input;

	switch (key) {
	case OPT_JSON:
		args->json = true;
		return 0;
	case OPT_STRICT:
		args->strict = true;
		return 0;
	case OPT_ROOT:
		args->root = arg;
		return 0;
	case ARGP_KEY_ARG:
		vb_fail(VB_EXIT_USAGE, "doctor: '%s': it takes no arguments", arg);
		return EINVAL;
	}
	return ARGP_ERR_UNKNOWN;
}

static void print_text(const struct vb_finding *findings, size_t failed)
{
	for (size_t i = 0; i < vb_doctor_nr_checks; i++) {
		printf("%-8s %-17s %s\n", health_names[findings[i].health],
		       vb_doctor_checks[i].name, findings[i].text);
		if (findings[i].mend[0])
			printf("%-8s %-17s -> %s\n", "", "", findings[i].mend);
	}
	if (failed)
		printf("\nVFIO can't work here: %zu of the things it needs %s missing.  The lab "
		       "needs none of them:\nscripts/lab -- COMMAND\n", failed,
		       failed == 1 ? "is" : "are");
	else
		puts("\nVFIO can work here.");
}

static int print_json(const struct vb_finding *findings, size_t failed,
		      const struct vb_noise *noise)
{
	json_t *checks = json_array(), *doc;
	int err;

	for (size_t i = 0; i < vb_doctor_nr_checks; i++)
		json_array_append_new(checks, json_pack(
			"{s:s, s:b, s:s, s:s, s:s*}",
			"name", vb_doctor_checks[i].name,
			"required", vb_doctor_checks[i].required,
			"status", health_names[findings[i].health],
			"text", findings[i].text,
			"mend", findings[i].mend[0] ? findings[i].mend : NULL));
	doc = json_pack("{s:i, s:b, s:o, s:o, s:i}", "version", 1, "vfio_works", !failed,
			"checks", checks, "timing", vb_noise_to_json(noise),
			"timing_marks", (int)vb_noise_marks(noise, false));
	err = doc ? json_dumpf(doc, stdout, JSON_INDENT(2)) : -1;
	json_decref(doc);
	putchar('\n');
	return err ? vb_fail(VB_EXIT_USAGE, "doctor: out of memory") : VB_EXIT_OK;
}

static int run(const struct vb_cmd *cmd, int argc, char **argv)
{
	struct doctor_args args = { 0 };
	struct vb_noise noise = { 0 };
	struct vb_finding *findings;
	int exit_code = vb_cmd_parse(cmd, parse_option, argc, argv, &args);
	size_t failed = 0, nr_cpus;

	if (exit_code)
		return exit_code;
	if (args.root && access(args.root, X_OK))
		return vb_fail(VB_EXIT_USAGE, "%s: not a folder to look in", args.root);
	vb_sysfs_set_root(args.root ? args.root : "");
	findings = calloc(vb_doctor_nr_checks, sizeof(*findings));
	if (!findings)
		return vb_fail(VB_EXIT_USAGE, "doctor: out of memory");
	for (size_t i = 0; i < vb_doctor_nr_checks; i++) {
		vb_doctor_checks[i].look(&findings[i]);
		failed += vb_doctor_checks[i].required &&
			  findings[i].health == VB_HEALTH_MISSING;
	}
	nr_cpus = vb_look_timing(&noise);
	if (args.json) {
		exit_code = print_json(findings, failed, &noise);
	} else {
		print_text(findings, failed);
		vb_print_timing(&noise, nr_cpus);
	}
	free(findings);
	if (exit_code || failed)
		return exit_code ? exit_code : VB_EXIT_SKIPPED;
	return args.strict && vb_noise_marks(&noise, false) ? VB_EXIT_UNTRUSTED : VB_EXIT_OK;
}

static const struct argp_option options[] = {
	{ "json", OPT_JSON, NULL, 0, "print JSON", 0 },
	{ "strict", OPT_STRICT, NULL, 0,
	  "exit with status 3 when VFIO can work and something about timing is marked", 0 },
	{ "root", OPT_ROOT, "DIR", OPTION_HIDDEN,
	  "look at the machine whose /sys, /proc and /dev are below DIR", 0 },
	{ 0 }
};

const struct vb_cmd vb_cmd_doctor = {
	.name = "doctor",
	.summary = "say what VFIO needs here, what is missing, what mends it",
	.args_doc = NULL,
	.doc = "Say what VFIO needs on this machine, what is missing, and the command that mends "
	       "it.  Then say what would make times vary here, by the checks that every run makes "
	       "(doc/results.md has their limits): settings, and the events of one second.  Changes "
	       "nothing.\n\n"
	       "Exit status 0: VFIO can work here; 4: it can't.  What is said about timing changes "
	       "it only with --strict: a laptop with turbo still shows that things work.",
	.options = options,
	.run = run,
};
