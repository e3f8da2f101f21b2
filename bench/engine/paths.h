/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the suite's own files are: in its build tree, or installed. */
#ifndef VB_PATHS_H
#define VB_PATHS_H

#include <stdbool.h>

/* Does the program run from its build tree? */
bool vb_path_in_build_tree(void);
/* Variants' manifests and patches. */
const char *vb_path_manifest_dir(void);
/* Built variants, a folder for each kernel release; VFIO_BENCH_VARIANT_DIR wins. */
const char *vb_path_variant_dir(void);
/* The program's own scripts (variant-build). */
const char *vb_path_script_dir(void);
/* Job files. */
const char *vb_path_job_dir(void);
/* What kernels are expected to answer. */
const char *vb_path_conformance(void);
/* Scripts that plots are made of. */
const char *vb_path_gnuplot_dir(void);

#endif /* VB_PATHS_H */
