#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes configure from configure.ac; needed once in a git clone.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p build-aux
exec autoreconf --install --force "$@"
