#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/errors.md says what service/base/error-table.h does. usage: check-errors.py [--write] ROOT

--write puts the table into the page, between its heading row and the next empty line."""

import os
import re
import sys

PREFIXES = {'OMG_DBUS_ERROR': 'org.freedesktop.DBus.Error.', 'OMG_OWN_ERROR': 'org.omgd1.Error.'}
ENTRY = re.compile(r'X\(\s*([A-Z_]+),\s*(OMG_\w+_ERROR)\("(\w+)"\),\s*(-\d+),\s*"([^"]*)"\s*\)')
HEAD = '| Code | D-Bus name | Legacy code | Meaning |\n| --- | --- | --- | --- |\n'


def rows_of_header(root):
    with open(os.path.join(root, 'service/base/error-table.h'), encoding='utf-8') as f:
        text = f.read()
    table = text[text.index('#define OMG_ERROR_TABLE'):].replace('\\\n', ' ')
    rows = ['| %s | `%s` | %s | %s |' % (code, PREFIXES[prefix] + name, legacy, meaning)
            for code, prefix, name, legacy, meaning in ENTRY.findall(table)]
    if len(rows) != len(re.findall(r'\bX\(', table)):
        sys.exit('check-errors.py: an entry of error-table.h was not understood')
    return rows


def main(arguments):
    write = arguments[:1] == ['--write']
    root = arguments[-1] if arguments and not arguments[-1].startswith('--') else '.'
    page = os.path.join(root, 'docs/errors.md')
    rows = rows_of_header(root)
    with open(page, encoding='utf-8') as f:
        text = f.read()
    start = text.index(HEAD) + len(HEAD)
    end = text.find('\n\n', start - 1)
    end = len(text) if end < 0 else end + 1
    if write:
        with open(page, 'w', encoding='utf-8') as f:
            f.write(text[:start] + ''.join(row + '\n' for row in rows) + text[end:])
        return 0
    found = text[start:end].splitlines()
    for row in rows:
        if row not in found:
            print('missing in docs/errors.md: ' + row)
    for row in found:
        if row not in rows:
            print('not in error-table.h: ' + row)
    if found != rows:
        print('after a change of the table: tests/lint/check-errors.py --write')
    return 0 if found == rows else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
