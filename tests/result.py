# SPDX-License-Identifier: GPL-2.0-or-later
"""Result directories for tests, made and changed as vfio-bench writes them."""
import json
import os
import re
import zlib

SUB_BITS = 6


def sign(body):
    """The bytes of a JSON object, without a checksum, as those of a file with one."""
    body = body.rstrip()
    assert body.endswith(b'}')
    body = body[:-1].rstrip()
    return body + b',\n "checksum": "crc32:%08x"\n}\n' % zlib.crc32(body)


def to_bytes(tree):
    text = json.dumps({k: v for k, v in tree.items() if k != 'checksum'}, indent=1)
    # lists of numbers on one line; no text has a line feed in it
    text = re.sub(r'\[\n[][\s\d,.eE+-]*\]', lambda m: re.sub(r'\s', '', m.group()), text)
    return sign(text.encode())


def read(path):
    with open(path, encoding='utf-8') as file:
        tree = json.load(file)
    tree.pop('checksum', None)
    return tree


def write(path, tree):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(to_bytes(tree))


def files(folder):
    """The list "files" of the meta.json or result.json in the folder."""
    found = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and name not in ('meta.json', 'result.json'):
            with open(path, 'rb') as file:
                data = file.read()
            found[name] = {'bytes': len(data), 'crc32': '%08x' % zlib.crc32(data)}
    return found


def write_with_files(path, tree):
    """The same as write(), the folder's other files listed."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    write(path, dict(tree, files=files(os.path.dirname(path))))


def index(value):
    """The bucket that holds a value: vb_hist_index() of uapi/vfio_bench.h."""
    shift = max(value.bit_length() - 1 - SUB_BITS, 0)
    return (shift << SUB_BITS) + (value >> shift)


def high(bucket):
    """The largest value of a bucket."""
    shift = max((bucket >> SUB_BITS) - 1, 0)
    return ((bucket - (shift << SUB_BITS) + 1) << shift) - 1


def histogram(values):
    """The numbers of a metric whose values are the list's."""
    values = sorted(int(v) for v in values)
    buckets = {}
    for value in values:
        buckets[index(value)] = buckets.get(index(value), 0) + 1

    def quantile(per_mille):
        rank = max(-(-len(values) * per_mille // 1000), 1)
        return min(high(index(values[rank - 1])), values[-1])

    return {'count': len(values), 'min': values[0], 'p50': quantile(500), 'p90': quantile(900),
            'p99': quantile(990), 'p999': quantile(999), 'max': values[-1],
            'mean': sum(values) / len(values), 'overflow': 0,
            'buckets': [list(pair) for pair in sorted(buckets.items())]}
