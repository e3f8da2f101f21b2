// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prints vfio-bench(1).  Commands, options, job keys and lists come from the
 * program's own tables, so the page and --help can't say different things.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/cmd/cmd.h"
#include "bench/engine/published.h"
#include "bench/fault/fault.h"
#include "config.h"
#include "lib/device/device.h"

#define WRAP	80	/* columns of the page's source */

/* One character of ordinary text as roff wants it; returns the columns taken. */
static int put_char(char c)
{
	switch (c) {
	case '\\':
		return printf("\\e");
	case '-':
		return printf("\\-");
	case '\'':
		return printf("\\(aq");
	case '^':
		return printf("\\(ha");
	case '~':
		return printf("\\(ti");
	default:
		return printf("%c", c);
	}
}

/* Without a line break; a word in the first column must not be a request. */
static void put_inline(const char *text)
{
	if (*text == '.')
		fputs("\\&", stdout);
	for (; *text; text++)
		put_char(*text);
}

/* Filled text that ends its line; "\n\n" becomes a new paragraph by @paragraph. */
static void put_text(const char *text, const char *paragraph)
{
	int column = 0;

	while (*text) {
		size_t space = strspn(text, " \n"), word;

		if (column && space >= 2 && !strncmp(text, "\n\n", 2)) {
			printf("\n%s\n", paragraph);
			column = 0;
		}
		text += space;
		word = strcspn(text, " \n");
		if (!word)
			break;
		if (column && column + 1 + (int)word > WRAP) {
			putchar('\n');
			column = 0;
		}
		if (column)
			column += printf(" ");
		if (*text == '.')
			column += printf("\\&");
		for (; word; word--)
			column += put_char(*text++);
	}
	putchar('\n');
}

static void section(const char *title)
{
	printf(".SH %s\n", title);
}

/* A tag in bold and what it means. */
static void item(const char *tag, const char *text)
{
	fputs(".TP\n\\fB", stdout);
	put_inline(tag);
	fputs("\\fR\n", stdout);
	put_text(text, ".IP");
}

static void put_head(void)
{
	printf(".\\\" SPDX-License-Identifier: GPL-2.0-or-later\n"
	       ".\\\" Made by doc/mkman from the program's tables: change those, then 'make man'.\n"
	       ".TH VFIO\\-BENCH 1 \"\" \"%s\"\n", PACKAGE_STRING);
	section("NAME");
	puts("vfio\\-bench \\- stress and benchmark VFIO: map, unmap, pin, notify");
}

/* One line for each of the alternatives in args_doc. */
static void put_synopsis(const struct vb_cmd *cmd)
{
	const char *at = cmd->args_doc ? cmd->args_doc : "";

	do {
		size_t length = strcspn(at, "\n");

		printf("\\fBvfio\\-bench %s\\fR [\\fIOPTION\\fR...] ", cmd->name);
		for (size_t i = 0; i < length; i++)
			put_char(at[i]);
		fputs("\n.br\n", stdout);
		at += length;
	} while (*at++);
}

static void put_synopses(void)
{
	section("SYNOPSIS");
	for (const struct vb_cmd *const *cmd = vb_cmd_list; *cmd; cmd++)
		put_synopsis(*cmd);
	puts("\\fBvfio\\-bench \\-\\-help\\fR | \\fB\\-\\-version\\fR");
}

static void put_description(void)
{
	section("DESCRIPTION");
	put_text("vfio-bench maps, unmaps and pins memory through VFIO on real devices and on mediated "
		 "devices of its companion module vfio_bench.ko, measures it, checks that nothing "
		 "was lost, and writes what it found to a result directory. It compares versions of "
		 "the kernel's vfio_iommu_type1 ('variants') that are loaded beside the kernel's "
		 "own.\n\n"
		 "A run's numbers stand only if its audit passes: pins equal unpins, bytes unmapped "
		 "equal bytes mapped, callbacks are as many as the variant declares, pinned and "
		 "locked memory are back where they were, workers and memory were where they were "
		 "asked to be, the kernel log is clean. Otherwise they are withheld, and the exit "
		 "status is 2.\n\n"
		 "Start with 'vfio-bench doctor'. It says what the machine lacks. Binding devices, "
		 "making mediated devices and loading modules need root.", ".PP");
}

static bool has_letter(const struct argp_option *option)
{
	return option->key > ' ' && option->key < 0x7f;
}

static void put_option(const struct argp_option *option)
{
	fputs(".TP\n", stdout);
	if (has_letter(option))
		printf("\\fB\\-%c\\fR, ", option->key);
	fputs("\\fB\\-\\-", stdout);
	put_inline(option->name);
	fputs("\\fR", stdout);
	if (option->arg) {
		fputs("=\\fI", stdout);
		put_inline(option->arg);
		fputs("\\fR", stdout);
	}
	putchar('\n');
	put_text(option->doc, ".IP");
}

static void put_commands(void)
{
	section("COMMANDS");
	for (const struct vb_cmd *const *cmd = vb_cmd_list; *cmd; cmd++)
		item((*cmd)->name, (*cmd)->summary);
	puts(".PP");
	put_text("Each command also takes --help (-?) and --usage. Options may be shortened as long "
		 "as they stay unambiguous, and may stand after arguments.", ".PP");
	for (const struct vb_cmd *const *cmd = vb_cmd_list; *cmd; cmd++) {
		printf(".SS vfio\\-bench %s\n", (*cmd)->name);
		put_synopsis(*cmd);
		puts(".PP");
		put_text((*cmd)->doc, ".PP");
		for (const struct argp_option *o = (*cmd)->options; o && o->name; o++)
			if (!(o->flags & OPTION_HIDDEN))
				put_option(o);
	}
}

static void put_key(const struct vb_job_key *key)
{
	char line[256];

	snprintf(line, sizeof(line), "%s=", key->name);
	item(line, key->help);
	puts(".br");
	if (!key->standard)
		snprintf(line, sizeof(line), "%s; must be given", key->values);
	else
		snprintf(line, sizeof(line), "%s; default: %s%s", key->values,
			 *key->standard ? key->standard : "empty", key->single ? "; no list" : "");
	put_text(line, ".IP");
}

static void put_keys(bool global)
{
	for (size_t i = 0; i < vb_nr_job_keys; i++)
		if (vb_job_keys[i].global == global)
			put_key(&vb_job_keys[i]);
}

static void put_jobs(void)
{
	char line[64];

	section("JOB FILES");
	put_text("A job says which workers do what. It is an INI file: a [global] section for the "
		 "whole run, then one section of any name for each group of workers. A line that "
		 "begins with ';' or '#' is a comment. 'vfio-bench list jobs' shows the jobs that "
		 "come with the program; they are the best examples.\n\n"
		 "A value with commas is a list. Lists expand to a matrix: one run for each "
		 "combination. Sizes take k, m, g, t (powers of 1024), times ns, us, ms, s, m, h. A "
		 "key, value or unit that is not known is an error with file and line, before "
		 "anything is touched.", ".PP");
	puts(".SS Keys of [global]");
	put_keys(true);
	puts(".SS Keys of a group of workers");
	put_keys(false);
	puts(".SS Keys of [published]");
	put_text("What others measured with these operations. Nothing in this section changes what is "
		 "run; reports show its figures beside those measured.", ".PP");
	for (const struct vb_published_key *key = vb_published_keys; key->name; key++) {
		snprintf(line, sizeof(line), "%s=", key->name);
		item(line, key->help);
		puts(".br");
		put_text(key->values, ".IP");
	}
}

static void put_named(const char *name, const char *summary, const char *unavailable)
{
	item(name, summary);
	if (unavailable) {
		puts(".br");
		fputs("Not available: ", stdout);
		put_text(unavailable, ".IP");
	}
}

static void put_lists(void)
{
	section("WORKLOADS");
	for (const struct vb_workload_ops *const *w = vb_workload_list; *w; w++)
		put_named((*w)->name, (*w)->summary, (*w)->unavailable);
	section("IOMMU MODES");
	put_text("The names are those of the kernel's selftests of VFIO. In the modes of type1 the IOMMU "
		 "maps for a device from when its group joins the container; in those of IOMMUFD while the "
		 "device's own file is open, so the device is opened, and reset, also for workloads that only "
		 "map. With IOMMUFD a vendor driver is notified of each mapping in which anything is pinned "
		 "(per-area), what is pinned is charged to the user and shown in VmPin, variants of type1 serve "
		 "no container, and two requests to unmap one range at a time are ended with EBUSY where they "
		 "meet. A run that wants what its mode or its kernel can't do is left out, with the reason; "
		 "if none is left, the exit code is 4.", ".PP");
	for (const struct vb_iommu_ops *const *i = vb_iommu_list; *i; i++)
		put_named((*i)->name, (*i)->summary, NULL);	/* the machine's, at run time */
	section("DEVICES");
	put_text("What makes an assigned device do DMA. Any other PCI device can be assigned too, for "
		 "workloads that only map and unmap.", ".PP");
	for (const struct vb_device_ops *const *d = vb_device_list; *d; d++)
		put_named((*d)->name, (*d)->summary, (*d)->unavailable);
	section("FAULTS");
	for (const struct vb_fault_ops *const *f = vb_faults; *f; f++)
		put_named((*f)->name, (*f)->description, NULL);
}

static void put_status(void)
{
	static const struct { enum vb_exit code; const char *text; } codes[] = {
		{ VB_EXIT_OK, "all is well" },
		{ VB_EXIT_USAGE, "wrong usage or bad input; nothing was measured" },
		{ VB_EXIT_INCORRECT, "a correctness failure: a leak, a wrong count, an alarm in the "
		  "kernel log, a hang; the numbers are withheld" },
		{ VB_EXIT_UNTRUSTED, "it ran, or tried to, but is not to be trusted: interrupted, no "
		  "memory, a result that can't be written" },
		{ VB_EXIT_SKIPPED, "skipped: this machine lacks what is needed; the message says what" },
		{ VB_EXIT_REGRESSION, "a regression beyond the stated gate (no command returns it yet)" },
	};
	char code[16];

	section("EXIT STATUS");
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		snprintf(code, sizeof(code), "%d", codes[i].code);
		item(code, codes[i].text);
	}
	section("SIGNALS");
	item("SIGINT, SIGTERM", "The present run ends early, the result is marked incomplete, and the "
	     "exit status is 3. A second signal ends the program at once.");
	item("SIGUSR1", "Every worker's state, on standard error.");
}

static void put_places(void)
{
	section("ENVIRONMENT");
	item("VFIO_BENCH_VARIANT_DIR", "Where built variants are. The option --variant-dir comes first.");
	section("FILES");
	put_text("PREFIX is what configure was given. A program that runs from its build tree uses the "
		 "files of its source tree instead, and variants/ beside itself.", ".PP");
	item("PREFIX/share/vfio-bench/job/*.job", "the jobs");
	item("PREFIX/share/vfio-bench/conformance.ini", "what kernels are expected to answer to the job "
	     "conformance");
	item("PREFIX/share/vfio-bench/variants/", "patches and manifests of the variants");
	item("PREFIX/var/lib/vfio-bench/variants/RELEASE/NAME/", "built variants, by kernel release");
	item("/run/vfio-bench/", "what 'bind' found and 'unbind' puts back");
	item("vfio-bench-JOB-DATE-TIME/", "a result directory, in the current folder unless --output "
	     "names another. It is DIR.part until it is complete. Its files and keys are described "
	     "in results.md.");
}

static void example(const char *text, const char *command)
{
	put_text(text, ".PP");
	fputs(".PP\n.RS\n.nf\n", stdout);
	for (; *command; command++)
		put_char(*command);
	puts("\n.fi\n.RE\n.PP");
}

static void put_examples(void)
{
	section("EXAMPLES");
	example("What does the suite itself cost here? Needs neither VFIO nor root.",
		"vfio-bench run null --output null\n"
		"vfio-bench report null");
	example("Notification once per vfio_dma against once per request, on a device that nothing "
		"uses. The companion module is loaded.",
		"vfio-bench doctor\n"
		"vfio-bench bind 0000:41:00.0\n"
		"vfio-bench variant build mainline per-request\n"
		"vfio-bench run notify-span --device 0000:41:00.0 \\\n"
		"    --variant mainline,per-request --repeat 10 --output span\n"
		"vfio-bench report span\n"
		"vfio-bench unbind 0000:41:00.0");
	example("A patch of your own against mainline:",
		"vfio-bench variant build my-idea.patch\n"
		"vfio-bench run notify-span --device 0000:41:00.0 --variant mainline,my-idea");
	example("Which worker would run where, and nothing else:",
		"vfio-bench run combined --device 0000:41:00.0 --dry-run");
	section("SEE ALSO");
	puts(".BR numactl (8),\n.BR lspci (8),\n.BR modprobe (8)\n.PP");
	put_text("The kernel's Documentation/driver-api/vfio.rst and vfio-mediated-device.rst.", ".PP");
}

int main(void)
{
	put_head();
	put_synopses();
	put_description();
	put_commands();
	put_jobs();
	put_lists();
	put_status();
	put_places();
	put_examples();
	return fflush(stdout) || ferror(stdout);
}
