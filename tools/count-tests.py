#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adds up what meson's test runs did, TAP subtests one by one.

usage: count-tests.py NAME=BUILDDIR...

Prints a line for each kind of skip and each failure, and last "N passed, N failed". Exit code 1
when something failed or when nothing ran."""

import collections
import json
import os
import re
import sys

TAP_LINE = re.compile(r"^(not )?ok\b[ \t]*\d*[ \t]*-?[ \t]*(.*)$", re.M)
SKIP = re.compile(r"\s*# SKIP\b[ \t]*(.*)$", re.I)


class Sums:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = collections.Counter()

    def add(self, where, test):
        """One line of testlog.json: a program, with or without TAP on its standard output."""
        name = "%s: %s" % (where, test["name"])
        failed_before = len(self.failed)
        points = TAP_LINE.findall(test.get("stdout") or "")
        for bad, text in points:
            skip = SKIP.search(text)
            if bad:
                self.failed.append("%s: %s" % (name, text))
            elif skip:
                self.skipped["%s: %s" % (name, skip[1] or "no reason given")] += 1
            else:
                self.passed += 1
        result = test["result"]
        if result in ("OK", "EXPECTEDFAIL"):
            if not points:
                self.passed += 1
        elif result == "SKIP":
            if not points:
                reason = (test.get("stdout") or "").strip().split("\n")[-1]
                self.skipped["%s: %s" % (name, reason or "not possible here")] += 1
        elif len(self.failed) == failed_before:
            self.failed.append("%s: %s" % (name, result.lower()))


def main():
    sums = Sums()
    for argument in sys.argv[1:]:
        where, _, build = argument.partition("=")
        log = os.path.join(build, "meson-logs/testlog.json")
        try:
            with open(log, encoding="utf-8", errors="replace") as f:
                lines = f.readlines()
        except OSError:
            lines = []
        if not lines:
            sums.failed.append("%s: no test ran" % where)
        for line in lines:
            sums.add(where, json.loads(line))
    for text, count in sums.skipped.items():
        print("skipped: %s%s" % (text, " (%d)" % count if count > 1 else ""))
    for text in sums.failed:
        print("failed: %s" % text)
    if sums.skipped:
        print("%d skipped" % sum(sums.skipped.values()))
    print("%d passed, %d failed" % (sums.passed, len(sums.failed)))
    return 1 if sums.failed or not sums.passed else 0


sys.exit(main())
