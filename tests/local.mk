# SPDX-License-Identifier: GPL-2.0-or-later
TEST_EXTENSIONS = .sh
SH_LOG_DRIVER = $(TEST_LOG_DRIVER)
AM_TESTS_ENVIRONMENT = top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)'; \
	export top_srcdir top_builddir;

if HAVE_CMOCKA
unit_ldadd = libbench.a libvfiobench.a $(CMOCKA_LIBS) $(VB_LIBS)
unit_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
# One block for each unit test: tests/unit/NAME-test.c, TAP from cmocka.
endif
