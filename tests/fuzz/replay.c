// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A fuzz target without libFuzzer: each file, and each file of each folder, that
 * is named is one input.  Any compiler and sanitizer can be used.
 */
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

static size_t nr_inputs;
static const char *current = "";

/* What was being read is told, whatever ends the program. */
static void tell(void)
{
	if (*current)
		fprintf(stderr, "while reading %s\n", current);
}

static int replay(const char *path, const struct stat *st, int type, struct FTW *at)
{
	FILE *file;
	uint8_t *data;

	(void)at;
	if (type != FTW_F)
		return 0;
	file = fopen(path, "re");
	data = malloc((size_t)st->st_size ? (size_t)st->st_size : 1);
	require(file && data, "can't read", path);
	require(fread(data, 1, (size_t)st->st_size, file) == (size_t)st->st_size, "can't read", path);
	fclose(file);
	current = path;
	LLVMFuzzerTestOneInput(data, (size_t)st->st_size);
	current = "";
	free(data);
	nr_inputs++;
	return 0;
}

int main(int argc, char **argv)
{
	atexit(tell);
	for (int i = 1; i < argc; i++)
		require(!nftw(argv[i], replay, 16, FTW_PHYS), "can't read", argv[i]);
	printf("%zu inputs\n", nr_inputs);
	return nr_inputs ? 0 : 1;
}
