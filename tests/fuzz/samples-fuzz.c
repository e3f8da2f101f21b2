// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * samples.bin.  The input is its short form: a byte of flags, the text block's
 * length in two bytes and its text, then for each block its header, a byte that
 * says how many samples follow, and these; the rest is zeros.  Checksums are
 * made right, so that what lies behind them is reached.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/result/samples.h"
#include "tests/fuzz/fuzz.h"

#define MAX_BLOCKS 8

enum flag { FIX_HEADERS = 1, LEAVE_CHECKSUMS = 2, TEAR = 4 };

struct input {
	const uint8_t *data;
	size_t size;
};

/* As much of it as there is. */
static size_t take(struct input *in, void *to, size_t length)
{
	if (length > in->size)
		length = in->size;
	if (length)
		memcpy(to, in->data, length);
	in->data += length;
	in->size -= length;
	return length;
}

static void put_block(int fd, struct vb_sample_block *block, unsigned int flags)
{
	if (flags & FIX_HEADERS) {
		block->header.magic = VB_SAMPLE_MAGIC;
		block->header.version = VB_SAMPLE_VERSION;
		memset(block->header.reserved, 0, sizeof(block->header.reserved));
	}
	if (!(flags & LEAVE_CHECKSUMS)) {
		block->header.crc32 = 0;
		block->header.crc32 = (uint32_t)crc32_z(0, (const void *)block, sizeof(*block));
	}
	require(write(fd, block, sizeof(*block)) == sizeof(*block), "can't write", "");
}

static void put_text(int fd, struct input *in, unsigned int flags)
{
	static struct vb_sample_block block;
	uint16_t length = 0;

	memset(&block, 0, sizeof(block));
	take(in, &length, sizeof(length));
	block.header.worker = VB_SAMPLE_NO_WORKER;
	block.header.count = (uint32_t)take(in, block.text, length);
	put_block(fd, &block, flags | FIX_HEADERS);
}

static void make_file(const char *path, struct input *in, unsigned int flags)
{
	static struct vb_sample_block block;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	require(fd >= 0, "can't make", path);
	put_text(fd, in, flags);
	for (int i = 0; i < MAX_BLOCKS && in->size; i++) {
		uint8_t nr = 0;

		memset(&block, 0, sizeof(block));
		take(in, &block.header, sizeof(block.header));
		take(in, &nr, sizeof(nr));
		take(in, block.sample, nr * sizeof(*block.sample));
		put_block(fd, &block, flags);
	}
	if (flags & TEAR)
		require(!ftruncate(fd, lseek(fd, 0, SEEK_CUR) - 1000), "can't tear", "");
	close(fd);
}

static void read_blocks(const char *path)
{
	const struct vb_sample_block *block;
	struct vb_sample_reader *r;
	char err[5000] = "";
	uint64_t samples = 0;
	int ret = vb_sample_reader_open(&r, path, err, sizeof(err));

	if (ret) {
		require(strstr(err, path) != NULL, "the file is not named", err);
		return;
	}
	while ((ret = vb_sample_reader_next(r, &block, err, sizeof(err))) == 1) {
		require(block->header.count <= VB_SAMPLES_PER_BLOCK, "more than there is room", "");
		samples += block->header.count;
	}
	if (ret)
		require(strstr(err, path) != NULL, "the file is not named", err);
	else
		require(vb_sample_reader_totals(r)->samples == samples, "counted wrong", "");
	vb_sample_reader_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vb_sample_summary summary;
	struct input in = { data, size };
	uint8_t flags = 0;
	char path[256], err[5000];

	take(&in, &flags, 1);
	snprintf(path, sizeof(path), "%s/samples.bin", fuzz_folder());
	make_file(path, &in, flags);
	read_blocks(path);
	if (!vb_sample_summary_read(path, &summary, err, sizeof(err)))
		vb_sample_summary_free(&summary);
	unlink(path);
	return 0;
}
