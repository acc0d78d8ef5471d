# SPDX-License-Identifier: GPL-3.0-or-later
"""The systems on which omgd and the real pacman are compared, and what both comparisons need:
reading pacman's records, and saying where the two differ."""

import re

import omgtest
from omgtest import Bench, omgroot

LABEL = re.compile(r"^([A-Z][A-Za-z0-9\- ]*?) *: (.*)$", re.S)
LISTS = {"Licenses", "Groups", "Provides", "Depends On", "Required By", "Optional For",
         "Conflicts With", "Replaces", "Validated By"}


def parse_blocks(text):
    """Records of pacman -Si or -Qi: {label: text or list}."""
    blocks, block, label = [], {}, None
    for line in text.split("\n"):
        if not line:
            if block:
                blocks.append(block)
            block, label = {}, None
        elif line[0] == " " and label:
            block[label].append(line.strip())
        else:
            found = LABEL.match(line)
            if not found:
                raise AssertionError("pacman printed %r" % line)
            label, value = found.groups()
            if label == "Optional Deps":
                block[label] = [] if value == "None" else [value]
            elif label in LISTS:
                block[label] = [] if value == "None" else value.split("  ")
            else:
                block[label] = value
    return blocks


def no_differences(wrong, count, least):
    if wrong:
        raise AssertionError("%d differences, the first:\n%s" % (len(wrong), "\n".join(wrong[:20])))
    if count < least:
        raise AssertionError("only %d compared" % count)


class System:
    """One root, with its omgd started when the first test needs it."""

    def __init__(self, name, make, least):
        self.name, self.make, self.least = name, make, least
        self.bench = None

    def started(self):
        omgtest.need_pacman()
        if self.bench is None:
            make = self.make()
            self.bench = Bench(root=make)
            self.bench.start()
        return self.bench

    def stop(self):
        if self.bench is not None:
            self.bench.__exit__(None, None, None)
            self.bench = None


def make_real():
    source = omgtest.real_data("arch-2022-09")
    return lambda root: omgroot.make_databases(root, source, 800, 7)


SYSTEMS = (
    System("sample", lambda: "sample", 400),
    System("synthetic", lambda: lambda root: omgroot.make_synthetic(root, 2500, 400, 11), 2500),
    System("arch-2022-09", make_real, 6960),
)


def stop_systems():
    for each in SYSTEMS:
        each.stop()


def title(function):
    return function.__doc__.split("\n")[0].split(":")[0].rstrip(".")
