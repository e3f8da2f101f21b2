// SPDX-License-Identifier: GPL-2.0-or-later
/* The journal on a made-up machine: cut short, damaged, forged, shared; and what is put back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <zlib.h>

#include "lib/machine/bind-state.h"
#include "lib/machine/restore.h"
#include "lib/machine/sysfs.h"
#include "tests/unit/fake-tree.h"

#define JOURNAL VB_STATE_DIR "/" VB_JOURNAL_FILE
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define SETTING "/proc/sys/vm/some_setting"
#define UUID "01234567-89ab-cdef-0123-456789abcdef"

static char id[VB_JOURNAL_ID_SIZE];

static int setup(void **state)
{
	tree_make();
	tree_file(BOOT_ID, "this-boot\n");
	tree_file(SETTING, "10\n");
	return 0;
}

static int teardown(void **state)
{
	tree_remove();
	return 0;
}

static char *real(const char *path)
{
	static char full[4096];

	assert_int_equal(vb_sysfs_path(full, sizeof(full), path), 0);
	return full;
}

static void begin(enum vb_journal_kind kind, const char *what, const char *before)
{
	assert_int_equal(vb_journal_begin(kind, what, before, id), 0);
}

static size_t nr_open(void)
{
	struct vb_journal journal;
	size_t nr;
	int err = vb_journal_read(&journal);

	assert_true(!err || err == -ENOENT);
	nr = journal.nr;
	vb_journal_free(&journal);
	return nr;
}

/* A process of the made-up machine. */
static void process(pid_t pid, char state, unsigned int start, const char *pending)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	snprintf(text, sizeof(text), "%d (a) b (c) %c 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %u 0\n", (int)pid,
		 state, start);
	tree_file(path, text);
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	snprintf(text, sizeof(text), "Name:\tx\nSigPnd:\t0000000000000000\nShdPnd:\t%s\nSigBlk:\t0\n", pending);
	tree_file(path, text);
}

static void line(char *text, const char *body)
{
	sprintf(text + strlen(text), "%08lx %s\n", crc32(0, (const Bytef *)body, (uInt)strlen(body)), body);
}

static void test_begin_and_end(void **state)
{
	struct vb_journal journal;
	struct stat st;

	begin(VB_JOURNAL_MDEV, UUID, NULL);
	assert_int_equal(stat(real(JOURNAL), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(real(VB_STATE_DIR), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(vb_journal_read(&journal), 0);
	assert_int_equal(journal.nr, 1);
	assert_int_equal(journal.entry[0].kind, VB_JOURNAL_MDEV);
	assert_string_equal(journal.entry[0].what, UUID);
	assert_string_equal(journal.entry[0].before, "");
	assert_int_equal(journal.entry[0].pid, getpid());
	assert_false(journal.entry[0].other_boot);
	vb_journal_free(&journal);
	assert_int_equal(vb_journal_end(id), 0);
	assert_false(vb_sysfs_exists(JOURNAL));
	assert_int_equal(vb_journal_end(""), 0);
}

static void test_any_text_before(void **state)
{
	static const char *const texts[] = { "", "-", "a b", "always [madvise] never", "%", "%41", "\t\n\x7f\xff" };
	struct vb_journal journal;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		begin(VB_JOURNAL_SETTING, SETTING, texts[i]);
		assert_int_equal(vb_journal_read(&journal), 0);
		assert_string_equal(journal.entry[0].before, texts[i]);
		vb_journal_free(&journal);
		assert_int_equal(vb_journal_end(id), 0);
	}
}

static void test_what(void **state)
{
	static const struct { enum vb_journal_kind kind; const char *good, *bad[8]; } cases[] = {
		{ VB_JOURNAL_BIND, "0000:01:00.0", { "", "01:00.0", "0000:01:00.0 x", "../0000:01:00.0" } },
		{ VB_JOURNAL_UNBIND, "0000:01:00.0", { "", "x" } },
		{ VB_JOURNAL_MDEV, UUID, { "", UUID "0", "../../../../../../../../etc/passwd0123" } },
		{ VB_JOURNAL_VARIANT, "vfio_iommu_type1_a", { "vfio_iommu_type1", "nvme", "vfio_iommu_type1_/.." } },
		{ VB_JOURNAL_TRACE, "vfio_bench_1", { "other", "vfio_bench_/..", "vfio_bench_1 x" } },
		{ VB_JOURNAL_SETTING, SETTING, { "/etc/passwd", "/proc/sys/../1/mem", "/sys/..", "/sys",
		  "/proc/sys/vm/a b", "/dev/mem", "/sys/\n" } },
		{ VB_JOURNAL_CLOCK, "realtime", { "", "realtime2", "boottime" } },
		{ VB_JOURNAL_PROCESS, "12.34", { "", "12 34" } },
		{ VB_JOURNAL_USES, "0000:01:00.0", { "", "a b", "a/b" } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_true(vb_journal_what_valid(cases[i].kind, cases[i].good));
		for (const char *const *bad = cases[i].bad; *bad; bad++) {
			assert_false(vb_journal_what_valid(cases[i].kind, *bad));
			assert_int_equal(vb_journal_begin(cases[i].kind, *bad, NULL, id), -EINVAL);
			assert_string_equal(id, "");
		}
	}
	assert_false(vb_sysfs_exists(JOURNAL));
}

static size_t lines_before(const char *text, size_t length)
{
	size_t nr = 0;

	while (length--)
		nr += text[length] == '\n';
	return nr;
}

/* Three begun, the second ended: what is open after so many whole lines. */
static void test_cut_at_every_byte(void **state)
{
	static const size_t open_after[] = { 0, 1, 2, 3, 2 };
	char whole[4096], cut[4096], second[VB_JOURNAL_ID_SIZE];
	struct vb_journal journal;
	size_t length;

	begin(VB_JOURNAL_MDEV, UUID, NULL);
	assert_int_equal(vb_journal_begin(VB_JOURNAL_VARIANT, "vfio_iommu_type1_x", NULL, second), 0);
	begin(VB_JOURNAL_SETTING, SETTING, "a longer text before");
	assert_int_equal(vb_journal_end(second), 0);
	strcpy(whole, tree_text(JOURNAL));
	length = strlen(whole);
	for (size_t i = 0; i <= length; i++) {
		/* A line that lacks nothing but its end is whole. */
		bool all = whole[i] == '\n', torn = i && whole[i - 1] != '\n' && !all;
		size_t lines = lines_before(whole, i) + all;

		snprintf(cut, sizeof(cut), "%.*s", (int)i, whole);
		tree_file(JOURNAL, cut);
		assert_int_equal(vb_journal_read(&journal), 0);
		assert_int_equal(journal.nr, open_after[lines]);
		assert_int_equal(journal.damaged, torn);
		vb_journal_free(&journal);
		/* Work goes on behind it. */
		begin(VB_JOURNAL_USES, "other", NULL);
		assert_int_equal(vb_journal_read(&journal), 0);
		assert_int_equal(journal.nr, open_after[lines] + 1);
		assert_int_equal(journal.damaged, torn);
		assert_string_equal(journal.entry[journal.nr - 1].what, "other");
		vb_journal_free(&journal);
	}
}

/* A bit flipped anywhere, a zero anywhere: an entry is lost at most, none is another. */
static void test_damaged_anywhere(void **state)
{
	char whole[4096], bad[4096];
	struct vb_journal journal;
	size_t length;

	begin(VB_JOURNAL_MDEV, UUID, NULL);
	begin(VB_JOURNAL_SETTING, SETTING, "10");
	strcpy(whole, tree_text(JOURNAL));
	length = strlen(whole);
	for (size_t i = 0; i < 9 * length; i++) {
		FILE *file = fopen(real(JOURNAL), "w");

		memcpy(bad, whole, length);
		bad[i / 9] = i % 9 == 8 ? '\0' : (char)(bad[i / 9] ^ 1 << i % 9);
		assert_non_null(file);
		assert_int_equal(fwrite(bad, 1, length, file), length);
		fclose(file);
		assert_int_equal(vb_journal_read(&journal), 0);
		assert_true(journal.damaged >= 1);
		assert_true(journal.nr < 2);
		if (journal.nr)
			assert_true(!strcmp(journal.entry[0].what, UUID) || !strcmp(journal.entry[0].what, SETTING));
		vb_journal_free(&journal);
	}
}

static void assert_refused(void)
{
	struct vb_restore_options options = { .all = true };
	struct vb_restore_summary summary;
	struct vb_journal journal;

	assert_int_equal(vb_journal_begin(VB_JOURNAL_MDEV, UUID, NULL, id), -EPERM);
	assert_int_equal(vb_journal_read(&journal), -EPERM);
	assert_int_equal(vb_restore(&options, NULL, NULL, &summary), -EPERM);
}

static void test_not_ours(void **state)
{
	tree_dir(VB_STATE_DIR);
	assert_int_equal(chmod(real(VB_STATE_DIR), 0700), 0);
	tree_file("/elsewhere", "untouched");
	tree_link(JOURNAL, "../../elsewhere");
	assert_refused();
	assert_string_equal(tree_text("/elsewhere"), "untouched");
	/* A second name for a file that root would write to. */
	tree_unlink(JOURNAL);
	{
		char *from = strdup(real("/elsewhere"));

		assert_int_equal(link(from, real(JOURNAL)), 0);
		free(from);
	}
	assert_refused();
	assert_string_equal(tree_text("/elsewhere"), "untouched");
	tree_unlink(JOURNAL);
	tree_file(JOURNAL, "");
	assert_int_equal(chmod(real(JOURNAL), 0666), 0);
	assert_refused();
	tree_unlink(JOURNAL);
	assert_int_equal(mkfifo(real(JOURNAL), 0600), 0);
	assert_refused();
	tree_unlink(JOURNAL);
	assert_int_equal(mkdir(real(JOURNAL), 0700), 0);
	assert_refused();
	assert_int_equal(rmdir(real(JOURNAL)), 0);
	assert_int_equal(chmod(real(VB_STATE_DIR), 0777), 0);
	assert_refused();
}

static void test_lock_is_a_link(void **state)
{
	struct vb_restore_options options = { .all = false };
	struct vb_restore_summary summary;

	begin(VB_JOURNAL_SETTING, SETTING, "5");
	tree_link(VB_STATE_DIR "/restore.lock", "../../elsewhere");
	assert_int_equal(vb_restore(&options, NULL, NULL, &summary), -EPERM);
	assert_false(vb_sysfs_exists("/elsewhere"));
}

/* With a right checksum, but nothing that this version could have written. */
static void test_foreign_lines(void **state)
{
	struct vb_journal journal;
	char text[4096] = "";

	line(text, "2 begin 1.1.1 this-boot 1 1 mdev " UUID " -");
	line(text, "1 begin 1.1.2 this-boot 1 1 bird " UUID " -");
	line(text, "1 begin 1.1.3 this-boot 1 1 setting /etc/passwd root");
	line(text, "1 begin 1.1.4 this-boot 1 1 mdev ../../../" UUID " -");
	line(text, "1 begin 1.1.5 this-boot -1 1 mdev " UUID " -");
	line(text, "1 begin 1.1.6 this-boot 1 1 setting " SETTING " %zz");
	line(text, "1 begin");
	line(text, "");
	line(text, "1 end nobody");
	tree_dir(VB_STATE_DIR);
	tree_file(JOURNAL, text);
	assert_int_equal(vb_journal_read(&journal), 0);
	assert_int_equal(journal.nr, 0);
	assert_int_equal(journal.unknown + journal.damaged, 8);
	vb_journal_free(&journal);
	/* What isn't understood isn't thrown away. */
	begin(VB_JOURNAL_MDEV, UUID, NULL);
	assert_int_equal(vb_journal_end(id), 0);
	assert_true(vb_sysfs_exists(JOURNAL));
}

static void test_other_boot(void **state)
{
	struct vb_restore_options options = { .all = false };
	struct vb_restore_summary summary;
	struct vb_journal journal;

	tree_file(BOOT_ID, "boot-before\n");
	begin(VB_JOURNAL_SETTING, SETTING, "5");
	tree_file(BOOT_ID, "this-boot\n");
	assert_int_equal(vb_journal_read(&journal), 0);
	assert_true(journal.entry[0].other_boot);
	vb_journal_free(&journal);
	assert_int_equal(vb_restore(&options, NULL, NULL, &summary), 0);
	assert_string_equal(tree_text(SETTING), "10\n");
	assert_false(vb_sysfs_exists(JOURNAL));
}

static void test_later_one_answers(void **state)
{
	char first[VB_JOURNAL_ID_SIZE];

	assert_int_equal(vb_journal_begin(VB_JOURNAL_BIND, "0000:01:00.0", NULL, first), 0);
	begin(VB_JOURNAL_UNBIND, "0000:01:00.0", NULL);
	assert_int_equal(vb_journal_end(id), 0);
	assert_false(vb_sysfs_exists(JOURNAL));
	assert_int_equal(vb_journal_end(first), 0);
	begin(VB_JOURNAL_BIND, "0000:01:00.0", NULL);
	begin(VB_JOURNAL_BIND, "0000:02:00.0", NULL);
	begin(VB_JOURNAL_UNBIND, "0000:01:00.0", NULL);
	assert_int_equal(nr_open(), 2);
	assert_int_equal(vb_journal_end(id), 0);
	assert_int_equal(nr_open(), 1);
	begin(VB_JOURNAL_SETTING, SETTING, "1");
	begin(VB_JOURNAL_SETTING, SETTING, "2");
	assert_int_equal(nr_open(), 3);
}

static void test_stays_short(void **state)
{
	char kept[VB_JOURNAL_ID_SIZE];
	struct stat st;

	assert_int_equal(vb_journal_begin(VB_JOURNAL_USES, "kept", NULL, kept), 0);
	for (int i = 0; i < 2000; i++) {
		begin(VB_JOURNAL_MDEV, UUID, NULL);
		assert_int_equal(vb_journal_end(id), 0);
	}
	assert_int_equal(stat(real(JOURNAL), &st), 0);
	assert_in_range(st.st_size, 1, 70000);
	assert_int_equal(nr_open(), 1);
	assert_int_equal(vb_journal_end(kept), 0);
	assert_false(vb_sysfs_exists(JOURNAL));
}

/* All at once, among them one that makes the file anew and one that removes it. */
static void test_many_writers(void **state)
{
	for (int p = 0; p < 4; p++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		for (int i = 0; !pid && i < 300; i++)
			if (vb_journal_begin(VB_JOURNAL_MDEV, UUID, NULL, id) || !nr_open() || vb_journal_end(id))
				_exit(1);
		if (!pid)
			_exit(0);
	}
	for (int p = 0; p < 4; p++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(nr_open(), 0);
	assert_false(vb_sysfs_exists(JOURNAL));
}

static void test_owner(void **state)
{
	static const char kill_pending[] = "0000000000000100", none[] = "0000000000000000";

	assert_int_equal(vb_owner_state(7, 5), VB_OWNER_GONE);
	process(7, 'S', 5, none);
	assert_int_equal(vb_owner_start(7), 5);
	assert_int_equal(vb_owner_state(7, 5), VB_OWNER_ALIVE);
	assert_int_equal(vb_owner_state(7, 6), VB_OWNER_GONE);
	process(7, 'D', 5, kill_pending);
	assert_int_equal(vb_owner_state(7, 5), VB_OWNER_DYING);
	process(7, 'Z', 5, none);
	assert_int_equal(vb_owner_state(7, 5), VB_OWNER_GONE);
}

static enum vb_restored outcome[8];
static size_t nr_outcomes;

static void note(void *arg, const struct vb_restore_item *item)
{
	assert_in_range(nr_outcomes, 0, 7);
	outcome[nr_outcomes++] = item->outcome;
}

static void restore(bool dry_run, size_t left)
{
	struct vb_restore_options options = { .dry_run = dry_run };
	struct vb_restore_summary summary;

	nr_outcomes = 0;
	assert_int_equal(vb_restore(&options, note, NULL, &summary), 0);
	assert_int_equal(summary.left, left);
}

static void test_restores_settings(void **state)
{
	char first[VB_JOURNAL_ID_SIZE], second[VB_JOURNAL_ID_SIZE];

	assert_int_equal(vb_journal_change(SETTING, "20\n", first), 0);
	assert_int_equal(vb_journal_change(SETTING, "30\n", second), 0);
	assert_string_equal(tree_text(SETTING), "30\n");
	restore(true, 0);
	assert_int_equal(nr_outcomes, 2);
	assert_int_equal(outcome[0], VB_RESTORED_WOULD);
	assert_string_equal(tree_text(SETTING), "30\n");
	restore(false, 0);
	assert_int_equal(outcome[0], VB_RESTORED_DONE);
	assert_int_equal(outcome[1], VB_RESTORED_DONE);
	assert_string_equal(tree_text(SETTING), "10");
	assert_false(vb_sysfs_exists(JOURNAL));
	restore(false, 0);
	assert_int_equal(nr_outcomes, 0);
}

static void test_leaves_what_lives(void **state)
{
	process(getpid(), 'S', 5, "0000000000000000");
	assert_int_equal(vb_journal_change(SETTING, "20\n", id), 0);
	restore(false, 0);
	assert_int_equal(outcome[0], VB_RESTORED_ALIVE);
	assert_string_equal(tree_text(SETTING), "20\n");
	/* Its number has gone to another. */
	process(getpid(), 'S', 6, "0000000000000000");
	restore(false, 0);
	assert_int_equal(outcome[0], VB_RESTORED_DONE);
	assert_string_equal(tree_text(SETTING), "10");
}

static void test_leaves_what_is_used(void **state)
{
	char text[4096] = "";

	tree_dir("/sys/module/vfio_iommu_type1_x");
	tree_dir(VB_STATE_DIR);
	process(9, 'S', 1, "0000000000000000");
	line(text, "1 begin 8.1.0 this-boot 8 1 variant vfio_iommu_type1_x -");
	line(text, "1 begin 9.1.0 this-boot 9 1 uses vfio_iommu_type1_x -");
	tree_file(JOURNAL, text);
	restore(false, 0);
	assert_int_equal(nr_outcomes, 2);
	assert_int_equal(outcome[0], VB_RESTORED_ALIVE);
	assert_int_equal(outcome[1], VB_RESTORED_USED);
	assert_int_equal(nr_open(), 2);
}

/* What can't be put back is said, kept, and tried again. */
static void test_keeps_what_fails(void **state)
{
	assert_int_equal(vb_journal_change(SETTING, "20\n", id), 0);
	begin(VB_JOURNAL_MDEV, UUID, NULL);
	tree_dir("/sys/bus/mdev/devices/" UUID "/remove");	/* can't be written to */
	restore(false, 1);
	assert_int_equal(outcome[0], VB_RESTORED_FAILED);
	assert_int_equal(outcome[1], VB_RESTORED_DONE);
	assert_int_equal(nr_open(), 1);
	assert_int_equal(rmdir(real("/sys/bus/mdev/devices/" UUID "/remove")), 0);
	assert_int_equal(rmdir(real("/sys/bus/mdev/devices/" UUID)), 0);
	restore(false, 0);
	assert_int_equal(outcome[0], VB_RESTORED_NOTHING);
	assert_false(vb_sysfs_exists(JOURNAL));
}

/* Without its line the change is not made. */
static void test_no_line_no_change(void **state)
{
	tree_dir(VB_STATE_DIR);
	tree_file("/elsewhere", "");
	tree_link(JOURNAL, "../../elsewhere");
	assert_int_equal(vb_journal_change(SETTING, "20\n", id), -EPERM);
	assert_string_equal(tree_text(SETTING), "10\n");
	assert_string_equal(id, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(begin_and_end), TEST(any_text_before), TEST(what), TEST(cut_at_every_byte),
		TEST(damaged_anywhere), TEST(not_ours), TEST(lock_is_a_link), TEST(foreign_lines),
		TEST(other_boot), TEST(later_one_answers), TEST(stays_short), TEST(many_writers),
		TEST(owner), TEST(restores_settings), TEST(leaves_what_lives),
		TEST(leaves_what_is_used), TEST(keeps_what_fails), TEST(no_line_no_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
