// SPDX-License-Identifier: GPL-2.0-or-later
/* Manifests good and bad, kernel ranges, finding variants, reference counts. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <cmocka.h>

#include "lib/machine/manifest.h"
#include "lib/machine/sysfs.h"
#include "lib/machine/variant-internal.h"
#include "lib/machine/variant.h"
#include "lib/machine/vfio-users.h"
#include "tests/unit/fake-tree.h"

static const char good[] =
	"# a comment\n"
	"[variant]\n"
	"name = good\n"
	"summary = does it well\n"
	"kernels = 6.1, 6.6-\n"
	"patch.6.1 = type1-6.1.patch\n"
	"granularity = per-request\n"
	"callbacks = one\n"
	"hazards = leak-late-pin, deadlock\n"
	"hazard.deadlock.kernels = 6.0-6.9\n";

static int parse(const char *text, struct vb_manifest *m, struct vb_manifest_error *error)
{
	return vb_manifest_parse(text, strlen(text), m, error);
}

static void test_good(void **state)
{
	struct vb_manifest_error error;
	struct vb_manifest m;

	assert_int_equal(parse(good, &m, &error), 0);
	assert_string_equal(m.name, "good");
	assert_string_equal(m.summary, "does it well");
	assert_string_equal(m.kernels, "6.1, 6.6-");
	assert_int_equal(m.granularity, VB_GRANULARITY_PER_REQUEST);
	assert_int_equal(m.hazards, VB_HAZARD_LEAK_LATE_PIN | VB_HAZARD_DEADLOCK);
	assert_int_equal(vb_manifest_hazards(&m, 6, 1), m.hazards);
	assert_int_equal(vb_manifest_hazards(&m, 5, 10), VB_HAZARD_LEAK_LATE_PIN);
	assert_int_equal(vb_manifest_hazards(&m, 6, 10), VB_HAZARD_LEAK_LATE_PIN);
}

/* @good with @from replaced by @to: refused in @line for @why. */
struct bad {
	const char *from;
	const char *to;
	unsigned int line;
	const char *why;
};

static const struct bad bad[] = {
	{ "name = good\n", "", 0, "name is missing" },
	{ "summary = does it well\n", "", 0, "summary is missing" },
	{ "kernels = 6.1, 6.6-\n", "", 0, "kernels is missing" },
	{ "granularity = per-request\n", "", 0, "granularity is missing" },
	{ "callbacks = one\n", "", 0, "callbacks is missing" },
	{ "hazards = leak-late-pin, deadlock\nhazard.deadlock.kernels = 6.0-6.9\n", "", 0,
	  "hazards is missing" },
	{ "name = good", "name = Good", 3, "bad name 'Good'" },
	{ "name = good", "name = ../good", 3, "bad name" },
	{ "name = good", "name =", 3, "bad name ''" },
	{ "name = good", "name = a-very-long-name-that-no-module-can-have-at-all", 3, "bad name" },
	{ "name = good", "name = good\nname = good", 4, "name is there twice" },
	{ "summary = does it well", "summary =", 4, "summary is empty" },
	{ "summary = does", "sumary = does", 4, "unknown key 'sumary'" },
	{ "kernels = 6.1, 6.6-", "kernels = six", 5, "'six' is not a list" },
	{ "kernels = 6.1, 6.6-", "kernels = 6.6-6.1", 5, "not a list" },
	{ "patch.6.1", "patch.6", 6, "a kernel series" },
	{ "patch.6.1", "patch.6.0-", 6, "a kernel series" },
	{ "patch.6.1", "patch.any", 6, "a kernel series" },
	{ "patch.6.1", "base", 6, "no variant's name" },
	{ "type1-6.1.patch", "../type1.patch", 6, "not a file beside" },
	{ "type1-6.1.patch", "", 6, "not a file beside" },
	{ "granularity = per-request", "granularity = per-page", 7, "neither per-request" },
	{ "callbacks = one", "callbacks = two", 8, "neither pinned-entries" },
	{ "leak-late-pin, ", "leaks, ", 9, "unknown hazard 'leaks'" },
	{ "hazard.deadlock.kernels", "hazard.deadlok.kernels", 10, "unknown hazard 'deadlok'" },
	{ "hazard.deadlock.kernels", "hazard.deadlock.kernel", 10, "unknown key" },
	{ "hazard.deadlock.kernels", "hazard.deadlock", 10, "unknown key" },
	{ "6.0-6.9", "6.0-6.9\nhazard.deadlock.kernels = 6.0-", 11, "there twice" },
	{ "6.0-6.9", "later", 10, "not a list" },
	{ "hazard.deadlock.kernels", "hazard.stale-dma-read.kernels", 0,
	  "hazards does not list it" },
	{ "[variant]", "[variants]", 3, "the only section" },
	{ "[variant]\n", "", 2, "the only section" },
	{ "# a comment", "nonsense", 1, "neither 'key = value'" },
	{ "callbacks = one", "callbacks", 8, "neither 'key = value'" },
};

static void replace(char *to, size_t size, const char *from, const char *by)
{
	const char *at = strstr(good, from);

	assert_non_null(at);
	snprintf(to, size, "%.*s%s%s", (int)(at - good), good, by, at + strlen(from));
}

static void test_bad(void **state)
{
	struct vb_manifest_error error;
	struct vb_manifest m;
	char text[2048];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		replace(text, sizeof(text), bad[i].from, bad[i].to);
		if (parse(text, &m, &error) != -EINVAL)
			fail_msg("'%s' was accepted", bad[i].to);
		if (error.line != bad[i].line || !strstr(error.text, bad[i].why))
			fail_msg("'%s': line %u: %s", bad[i].to, error.line, error.text);
	}
}

static void test_odd_bytes(void **state)
{
	struct vb_manifest_error error;
	struct vb_manifest m;
	char text[2048];

	assert_int_equal(vb_manifest_parse("", 0, &m, &error), -EINVAL);
	assert_string_equal(error.text, "name is missing");
	memcpy(text, good, sizeof(good));
	text[40] = '\0';
	assert_int_equal(vb_manifest_parse(text, sizeof(good) - 1, &m, &error), -EINVAL);
	assert_string_equal(error.text, "a zero byte");
	memset(text, 'x', sizeof(text));
	assert_int_equal(vb_manifest_parse(text, sizeof(text), &m, &error), -EINVAL);
	assert_int_equal(error.line, 1);
	/* without its last line end */
	assert_int_equal(vb_manifest_parse(good, strlen(good) - 1, &m, &error), 0);
	/* cut anywhere: an answer, and no crash */
	for (size_t length = 0; length < strlen(good); length++)
		vb_manifest_parse(good, length, &m, &error);
}

static void test_kernels(void **state)
{
	static const struct { const char *list; unsigned int major, minor; bool in; } cases[] = {
		{ "any", 2, 6, true }, { "6.1", 6, 1, true }, { "6.1", 6, 10, false },
		{ "6.0-", 5, 19, false }, { "6.0-", 6, 0, true }, { "6.0-", 7, 2, true },
		{ "-5.19", 5, 19, true }, { "-5.19", 5, 9, true }, { "-5.19", 6, 0, false },
		{ "5.14-6.0", 5, 14, true }, { "5.14-6.0", 6, 0, true },
		{ "5.14-6.0", 6, 1, false }, { "5.10, 6.1,6.6-6.12", 6, 8, true },
		{ " 5.10 , 6.1 ", 6, 1, true }, { "5.10, 6.1", 5, 15, false },
	};
	static const char *const not_lists[] = {
		"", " ", ",", "6", "6.", ".1", "6.1,", "6.1 6.2", "6.1-x", "-", "anything", "6.2-6.1",
		"6.1.2", "v6.1", "60000.1", "6.1--6.2", "+6.1",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_true(vb_kernels_valid(cases[i].list));
		if (vb_kernels_include(cases[i].list, cases[i].major, cases[i].minor) !=
		    cases[i].in)
			fail_msg("'%s' and %u.%u", cases[i].list, cases[i].major, cases[i].minor);
	}
	for (size_t i = 0; i < sizeof(not_lists) / sizeof(*not_lists); i++)
		if (vb_kernels_valid(not_lists[i]))
			fail_msg("'%s' was accepted", not_lists[i]);
}

static void test_series(void **state)
{
	unsigned int major, minor;

	assert_int_equal(vb_kernel_series("6.1.0-56-amd64", &major, &minor), 0);
	assert_int_equal(major * 100 + minor, 601);
	assert_int_equal(vb_kernel_series("7.2-rc3+", &major, &minor), 0);
	assert_int_equal(major * 100 + minor, 702);
	assert_int_equal(vb_kernel_series("", &major, &minor), -EINVAL);
	assert_int_equal(vb_kernel_series("6-rc1", &major, &minor), -EINVAL);
	assert_int_equal(vb_kernel_series("linux-6.1", &major, &minor), -EINVAL);
}

static void test_names(void **state)
{
	static const char *const bad_names[] = {
		"", "-", "a-", "-a", "a--b", "A", "a_b", "a/b", "..", "a b", "a.b",
		"a23456789-123456789-123456789-123456789",
	};

	assert_true(vb_variant_name_valid("per-dma-v13"));
	assert_true(vb_variant_name_valid("0001-my-idea"));
	assert_true(vb_variant_name_valid("a23456789-123456789-123456789-12345678"));
	for (size_t i = 0; i < sizeof(bad_names) / sizeof(*bad_names); i++)
		assert_false(vb_variant_name_valid(bad_names[i]));
	for (unsigned int bit = 1; bit <= VB_HAZARD_PINS_LOST; bit <<= 1) {
		const char *name = vb_hazard_name(bit);

		assert_non_null(name);
		assert_int_equal(vb_hazard_find(name, strlen(name)), bit);
	}
	assert_null(vb_hazard_name(0));
	assert_null(vb_hazard_name(VB_HAZARD_DEADLOCK | VB_HAZARD_PINS_LOST));
	assert_null(vb_hazard_name(1 << 6));
	assert_int_equal(vb_hazard_find("deadlocks", 9), 0);
	assert_string_equal(vb_granularity_name(VB_GRANULARITY_PER_VFIO_DMA), "per-vfio_dma");
	assert_null(vb_granularity_name(17));
}

/* Those that come with the suite. */
static void test_shipped(void **state)
{
	static const char *const names[] = {
		"mainline", "per-dma-ordered", "per-dma-v13", "per-request", "per-request-retry",
		"busted-delay", "busted-mainline", "busted-per-dma-ordered", "busted-per-request",
	};
	struct vb_manifest_error error;
	struct vb_manifest m;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int err = vb_manifest_read(VB_SRCDIR "/kmod/variants", names[i], &m, &error);

		if (err)
			fail_msg("%s:%u: %s", names[i], error.line, error.text);
	}
	assert_int_equal(vb_manifest_read(VB_SRCDIR "/kmod/variants", "nope", &m, &error), -ENOENT);
}

static char manifests[256], built[256];

static int make_tree(void **state)
{
	struct utsname uts;

	tree_make();
	uname(&uts);
	snprintf(manifests, sizeof(manifests), "%s/manifests", vb_sysfs_root());
	snprintf(built, sizeof(built), "%s/built", vb_sysfs_root());
	tree_file("/manifests/good/manifest.ini", good);
	tree_file("/manifests/README.md", "no variant");
	tree_dir("/manifests/empty");
	tree_dir("/built/%s/mine", uts.release);
	return 0;
}

static int remove_tree(void **state)
{
	tree_remove();
	return 0;
}

static void build(const char *name, const char *module)
{
	char path[300];
	struct utsname uts;

	uname(&uts);
	snprintf(path, sizeof(path), "/built/%s/%s/%s.ko", uts.release, name, module);
	tree_file(path, "");
}

static void test_find(void **state)
{
	struct vb_variant v;

	assert_int_equal(vb_variant_find("good", manifests, built, &v), 0);
	assert_string_equal(v.name, "good");
	assert_string_equal(v.module, "vfio_iommu_type1_good");
	assert_string_equal(v.summary, "does it well");
	assert_string_equal(v.path, "");
	assert_false(v.loaded);
	assert_true(v.hazards & VB_HAZARD_LEAK_LATE_PIN);
	build("good", "vfio_iommu_type1_good");
	assert_int_equal(vb_variant_find("good", manifests, built, &v), 0);
	assert_non_null(strstr(v.path, "/good/vfio_iommu_type1_good.ko"));
	assert_int_equal(vb_variant_find("nope", manifests, built, &v), -ENOENT);
	assert_int_equal(vb_variant_find("empty", manifests, built, &v), -ENOENT);
	assert_int_equal(vb_variant_find("../manifests/good", manifests, built, &v), -ENOENT);
	assert_int_equal(vb_variant_find("good", "/nonexistent", "/nonexistent", &v), -ENOENT);
}

static void test_find_stock(void **state)
{
	struct vb_variant v;
	unsigned int major = 0, minor;
	struct utsname uts;

	uname(&uts);
	vb_kernel_series(uts.release, &major, &minor);
	assert_int_equal(vb_variant_find("stock", manifests, built, &v), 0);
	assert_string_equal(v.module, "vfio_iommu_type1");
	assert_int_equal(v.granularity, VB_GRANULARITY_PER_VFIO_DMA);
	assert_true(v.hazards & VB_HAZARD_CRASH_RACING_PINS);
	assert_int_equal(!!(v.hazards & VB_HAZARD_DEADLOCK), major >= 6);
	assert_false(v.loaded);
	tree_dir("/sys/module/vfio_iommu_type1");
	assert_int_equal(vb_variant_find("stock", manifests, built, &v), 0);
	assert_true(v.loaded);
}

/* A user's patch: mainline's hazards, and nobody says what it does. */
static void test_find_own(void **state)
{
	struct vb_variant v, stock;

	assert_int_equal(vb_variant_find("mine", manifests, built, &v), -ENOENT);
	build("mine", "vfio_iommu_type1_mine");
	assert_int_equal(vb_variant_find("mine", manifests, built, &v), 0);
	assert_int_equal(vb_variant_find("stock", manifests, built, &stock), 0);
	assert_int_equal(v.hazards, stock.hazards);
	assert_int_equal(v.granularity, VB_GRANULARITY_UNKNOWN);
}

static void test_find_bad(void **state)
{
	struct vb_variant v, *list;
	struct vb_manifest_error error;
	struct vb_manifest m;
	size_t count;

	tree_file("/manifests/other/manifest.ini", good);
	assert_int_equal(vb_variant_find("other", manifests, built, &v), -EINVAL);
	assert_int_equal(vb_manifest_read(manifests, "other", &m, &error), -EINVAL);
	assert_non_null(strstr(error.text, "the folder is called 'other'"));
	assert_int_equal(vb_variant_list(manifests, built, &list, &count), -EINVAL);
}

static void test_list(void **state)
{
	struct vb_variant *list;
	size_t count;

	build("mine", "vfio_iommu_type1_mine");
	build("good", "vfio_iommu_type1_good");
	assert_int_equal(vb_variant_list(manifests, built, &list, &count), 0);
	assert_int_equal(count, 3);
	assert_string_equal(list[0].name, "stock");
	assert_string_equal(list[1].name, "good");
	assert_string_equal(list[2].name, "mine");
	free(list);
	assert_int_equal(vb_variant_list("/nonexistent", "/nonexistent", &list, &count), 0);
	assert_int_equal(count, 1);
	free(list);
}

static void test_loaded(void **state)
{
	struct vb_variant v;
	char names[4][80];

	assert_int_equal(vb_variant_loaded(names, 4), 0);
	assert_string_equal(names[0], "");
	tree_file("/proc/modules",
		  "vfio_iommu_type1_good 49152 1 - Live 0x0000000000000000 (OE)\n"
		  "vfio_iommu_type1_per_request 49152 0 - Live 0x0000000000000000 (OE)\n"
		  "vfio_iommu_type1x 1 0 - Live 0x0\n"
		  "vfio_iommu_type1 49152 2 - Live 0x0000000000000000\n"
		  "vfio 61440 3 vfio_iommu_type1, Live 0x0000000000000000\n");
	assert_int_equal(vb_variant_loaded(names, 4), 2);
	assert_string_equal(names[0], "vfio_iommu_type1_good");
	assert_string_equal(names[1], "vfio_iommu_type1_per_request");
	assert_string_equal(names[2], "");
	assert_int_equal(vb_variant_loaded(names, 1), 1);
	assert_int_equal(vb_variant_find("good", manifests, built, &v), 0);
	assert_true(v.loaded);
	/* one at a time; and nothing is tried where nothing was built */
	build("good", "vfio_iommu_type1_good");
	assert_int_equal(vb_variant_find("good", manifests, built, &v), 0);
	assert_int_equal(vb_variant_load(&v), -EEXIST);
	tree_unlink("/proc/modules");
	v.path[0] = '\0';
	assert_int_equal(vb_variant_load(&v), -ENOENT);
}

#define STOCK(n) "vfio_iommu_type1 49152 " n " - Live 0x0\n"
#define GOOD(n) "vfio_iommu_type1_good 49152 " n " - Live 0x0\n"

static int risen(const char *before, const char *after, char *module, size_t size)
{
	struct vb_variant_refs first, second;

	tree_file("/proc/modules", before);
	assert_int_equal(vb_variant_refs_read(&first), 0);
	tree_file("/proc/modules", after);
	assert_int_equal(vb_variant_refs_read(&second), 0);
	return vb_variant_refs_risen(&first, &second, module, size);
}

static void test_refs(void **state)
{
	char module[80] = "";

	assert_int_equal(risen(GOOD("0") STOCK("3"), GOOD("1") STOCK("3"), module, 80), 0);
	assert_string_equal(module, "vfio_iommu_type1_good");
	assert_int_equal(risen(GOOD("1") STOCK("0"), GOOD("1") STOCK("1"), module, 80), 0);
	assert_string_equal(module, "vfio_iommu_type1");
	assert_int_equal(risen(GOOD("0") STOCK("0"), GOOD("0") STOCK("0"), module, 80), -ENOENT);
	assert_int_equal(risen(GOOD("2") STOCK("2"), GOOD("1") STOCK("2"), module, 80), -ENOENT);
	assert_int_equal(risen(GOOD("0") STOCK("0"), GOOD("1") STOCK("1"), module, 80), -EEXIST);
	assert_int_equal(risen("", STOCK("1"), module, 80), 0);
	/* built in: no line at all; a kernel that can't unload: no count */
	assert_int_equal(risen("", "", module, 80), -ENOENT);
	assert_int_equal(risen(STOCK("-"), STOCK("-"), module, 80), -ENOENT);
	assert_int_equal(risen(GOOD("0"), GOOD("1"), module, 5), -ENAMETOOLONG);
}

static void test_journal(void **state)
{
	tree_dir("/run");
	assert_int_equal(vb_variant_journal_write("vfio_iommu_type1_good"), 0);
	assert_non_null(strstr(tree_text("/run/vfio-bench/variant-loaded"),
			       "vfio_iommu_type1_good pid "));
	assert_int_equal(vb_variant_journal_write("vfio_iommu_type1_x"), 0);
	assert_int_equal(strncmp(tree_text("/run/vfio-bench/variant-loaded"),
				 "vfio_iommu_type1_x pid ", 23), 0);
	vb_variant_journal_remove();
	assert_string_equal(tree_text("/run/vfio-bench/variant-loaded"), "");
	/* a link that somebody left is not followed */
	tree_link("/run/vfio-bench/variant-loaded", "elsewhere");
	assert_int_equal(vb_variant_journal_write("vfio_iommu_type1_good"), -ELOOP);
	vb_variant_journal_remove();
}

static void test_users(void **state)
{
	struct vb_vfio_user users[1] = { 0 };

	assert_int_equal(vb_vfio_users(users, 1), 0);
	tree_link("/proc/4242/fd/3", "/dev/vfio/vfio");
	tree_link("/proc/4242/fd/4", "/dev/vfio/12");
	tree_file("/proc/4242/comm", "qemu-system-x86\n");
	tree_link("/proc/4243/fd/0", "/dev/null");
	assert_int_equal(vb_vfio_users(users, 1), 1);
	assert_int_equal(users[0].pid, 4242);
	assert_string_equal(users[0].name, "qemu-system-x86");
	tree_link("/proc/4243/fd/1", "/dev/iommu");
	assert_int_equal(vb_vfio_users(users, 1), 2);
	assert_int_equal(vb_vfio_users(NULL, 0), 2);
}

#define in_tree(test) cmocka_unit_test_setup_teardown(test, make_tree, remove_tree)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_odd_bytes),
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_series),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_shipped),
		in_tree(test_find),
		in_tree(test_find_stock),
		in_tree(test_find_own),
		in_tree(test_find_bad),
		in_tree(test_list),
		in_tree(test_loaded),
		in_tree(test_refs),
		in_tree(test_journal),
		in_tree(test_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
