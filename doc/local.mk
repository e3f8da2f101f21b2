# SPDX-License-Identifier: GPL-2.0-or-later
# The page is made from the option tables and committed; tests/cli/man-test.sh
# says when it is behind them, 'make man' brings it up to date.
noinst_PROGRAMS += doc/mkman
doc_mkman_SOURCES = doc/mkman.c
doc_mkman_LDADD = libbench.a libvfiobench.a $(VB_LIBS)

dist_man_MANS += doc/vfio-bench.1
dist_doc_DATA = README.md doc/adding-a-device.md doc/adding-a-fault.md doc/adding-a-workload.md doc/busted.md doc/comparing.md doc/conformance.md \
	doc/kernels.md doc/method.md doc/other-tools.md doc/results.md
dist_doc_DATA += doc/safety.md doc/testing.md

dist_doc_DATA += doc/soak.md

man: doc/mkman$(EXEEXT)
	$(AM_V_GEN)./doc/mkman >doc/mkman.out && mv doc/mkman.out '$(srcdir)/doc/vfio-bench.1'

.PHONY: man

# What holds the documents against the program.
doc_sh_tests = tests/cli/findings-test.sh tests/cli/man-test.sh tests/cli/result-schema-test.sh tests/cli/results-doc-test.sh
TESTS += $(doc_sh_tests)
EXTRA_DIST += COPYING doc/findings results scripts/result-schema $(doc_sh_tests)

# Made by scripts/result-schema, and committed.
schemadir = $(pkgdatadir)/schema
dist_schema_DATA = doc/schema/meta.schema.json doc/schema/plan.schema.json \
	doc/schema/result.schema.json
