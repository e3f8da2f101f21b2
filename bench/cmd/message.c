// SPDX-License-Identifier: GPL-2.0-or-later
/* The program's one voice: messages on stderr. */
#include <stdarg.h>
#include <stdio.h>

#include "bench/cmd/cmd.h"

static void say(const char *format, va_list ap)
{
	fflush(stdout);
	fputs("vfio-bench: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
}

int vb_fail(int exit_code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(format, ap);
	va_end(ap);
	return exit_code;
}

void vb_warn(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(format, ap);
	va_end(ap);
}
