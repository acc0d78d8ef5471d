#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes wire.xz for test-wire.c: pack-wire.py VECTORS.jsonl MALFORMED.jsonl OUTPUT

The input are bodies that were recorded from the reference (bitcode 0.6.9 with serde), one JSON
object a line: name, kind, value, hex; and name, hex, accepts, canonical, value of hostile ones.
The output has a line for each: name, kind, form, hex, value, with tabs between. form is "=" when
the reference writes these bytes for the value, "~" when it only reads them, "!" when it refuses
them. The value is JSON without blanks, fields in the order of the wire, only control characters,
quotes and backslashes escaped, all as \\u00XX: so it can be compared as text, exactly."""
import json
import lzma
import re
import sys

ESCAPED = re.compile('[\x00-\x1f"\\\\]')


def dump(value):
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "{%s}" % ",".join("%s:%s" % (dump(k), dump(v)) for k, v in value.items())
    if isinstance(value, list):
        return "[%s]" % ",".join(dump(v) for v in value)
    if isinstance(value, str):
        return '"%s"' % ESCAPED.sub(lambda m: "\\u%04x" % ord(m[0]), value)
    if type(value) is not int:
        raise ValueError("neither a number nor text: %r" % value)
    return "%d" % value


def lines(vectors, malformed):
    for case in map(json.loads, vectors):
        yield case["name"], case["kind"], "=", case["hex"], dump(case["value"])
    for case in map(json.loads, malformed):
        if case["accepts"]:
            form, value = "=" if case["canonical"] else "~", dump(case["value"])
        else:
            form, value = "!", ""
        yield case["name"], "request", form, case["hex"], value


def main():
    sys.setrecursionlimit(10000)  # batches in batches
    with open(sys.argv[1], encoding="utf-8") as vectors, \
            open(sys.argv[2], encoding="utf-8") as malformed:
        text = "".join("\t".join(line) + "\n" for line in lines(vectors, malformed))
    with open(sys.argv[3], "wb") as output:
        output.write(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main()
