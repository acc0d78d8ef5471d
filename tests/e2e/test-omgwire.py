#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests' own codec (omgwire.py) beside what the reference wrote and refused: what omgd's
answers are judged with is itself judged first. usage: test-omgwire.py [BODIES.xz]"""

import json
import lzma
import os
import sys

sys.dont_write_bytecode = True
import omgwire  # noqa: E402 (no files beside the sources)

# pack-wire.py, which made it, describes it.
BODIES = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../unit/data/wire.xz")


def check(kind, form, body, value):
    """What is wrong, or None. form: "=" written so by the reference, "~" only read, "!" refused."""
    try:
        decoded = omgwire.decode(kind, body)
    except omgwire.Malformed as error:
        return None if form == "!" else "refused: %s" % error
    if form == "!":
        return "accepted"
    if decoded != json.loads(value):
        return "read as %.300r" % decoded
    encoded = omgwire.encode(kind, decoded)
    if form == "=" and encoded != body:
        return "written as %.600s" % encoded.hex()
    if form == "~" and encoded == body:
        return "written though the reference would not"
    if omgwire.decode(kind, encoded) != decoded:
        return "read otherwise once written"
    return None


def main():
    sys.setrecursionlimit(20000)  # batches in batches
    with lzma.open(sys.argv[1] if len(sys.argv) > 1 else BODIES, "rt", encoding="utf-8",
                   newline="\n") as f:
        cases = [line[:-1].split("\t") for line in f]
    wrong = 0
    for name, kind, form, body, value in cases:
        finding = check(kind, form, bytes.fromhex(body), value)
        if finding:
            wrong += 1
            print("%s (%s): %s" % (name, kind, finding))
    forms = {form: sum(case[2] == form for case in cases) for form in "=~!"}
    print("%d bodies (%s), %d wrong" % (len(cases), forms, wrong))
    return 1 if wrong or not all(forms.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
