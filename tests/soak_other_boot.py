#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes a soak's state one of another boot, as if the machine had gone down since.

usage: tests/soak_other_boot.py DIR/state.json
"""
import re
import sys
import zlib

KEY = b',\n "checksum": "crc32:'

text = open(sys.argv[1], 'rb').read()
body, end = text.rsplit(KEY, 1)
body, n = re.subn(rb'("boot_id": )"[^"]*"', rb'\1"00000000-0000-4000-8000-000000000000"', body)
if n != 1 or end != b'%08x"\n}\n' % zlib.crc32(text[:text.rindex(KEY)]):
    sys.exit('%s: not as expected' % sys.argv[1])
open(sys.argv[1], 'wb').write(body + KEY + b'%08x"\n}\n' % zlib.crc32(body))
