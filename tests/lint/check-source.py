#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The house rules that a script can check. usage: check-source.py SOURCE_ROOT

Words that must not stand in the tree are put together from pieces here, so that this file obeys
its own rules."""

import os
import re
import sys

SKIPPED_FOLDERS = re.compile(r"^(\.git|\.cache|build.*|__pycache__|corpus.*|crashes)$")
NEEDS_SPDX = re.compile(r"(\.(c|h|py|sh|xml|dtd|service|service\.in|socket|conf)|meson\.build|"
                        r"meson_options\.txt)$")
TEXT = re.compile(r"(\.(c|h|py|sh|xml|dtd|in|md|service|socket|conf|build|txt|yml|po|1|5|8)|"
                  r"^(try|check|run|make-root|LICENSE))$")

LICENCE = "SPDX-License-Identifier: GPL-3.0-or-later"
LATER = re.compile(r"\b(%s)\b" % "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")))
HOSTS = re.compile("|".join(re.escape(a + "." + b) for a, b in (
    ("crates", "io"), ("registry.npmjs", "org"), ("registry.yarnpkg", "com"), ("pypi", "org"),
    ("files.pythonhosted", "org"), ("rubygems", "org"), ("proxy.golang", "org"),
    ("repo.maven.apache", "org"), ("repo1.maven", "org"), ("hub.docker", "com"), ("ghcr", "io"),
    ("deb.debian", "org"), ("security.debian", "org"), ("geo.mirror.pkgbuild", "com"),
    ("mirror.rackspace", "com"), ("hackage.haskell", "org"), ("cpan", "org"))))
MACHINE_PATHS = re.compile("|".join(("/wo" + "rk/", "/tmp/bu" + "ild")))

# What is not text, and wanted.
BINARY = (os.path.join("tests", "unit", "data", "wire.xz"),)

# Who may include whom: a folder of service/ includes only folders up to its own rank.
RANKS = {"base": 0, "wire": 1, "fetch": 1, "sources": 1, "store": 2, "omgd-fetch": 2, "engine": 3,
         "omgd-index": 3, "loop": 4, "faces": 5}
QUOTED = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
SD_BUS = re.compile(r"^\s*#\s*include\s+<systemd/sd-", re.M)
ALPM = re.compile(r"^\s*#\s*include\s+<alpm(_list)?\.h>", re.M)
CURL = re.compile(r"^\s*#\s*include\s+<curl/", re.M)
FACES_MUST_NOT = re.compile(
    r"(?<![\w.>])(sqlite3_\w+|curl_\w+|alpm_\w+|json_\w+|g_file_\w+|fopen|open|openat|read|pread|"
    r"stat|lstat|fstat|g_stat|g_open|unlink|rename|opendir|sleep|usleep|g_usleep)\s*\(")
COMMENT = re.compile(r"/\*.*?\*/", re.S)
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')


class Checker:
    def __init__(self, root):
        self.root = root
        self.findings = []
        self.count = 0

    def say(self, path, line, text):
        where = "%s:%d" % (path, line) if line else path
        self.findings.append("%s: %s" % (where, text))

    def run(self):
        for folder, folders, files in os.walk(self.root):
            folders[:] = sorted(f for f in folders if not SKIPPED_FOLDERS.match(f))
            for name in sorted(files):
                path = os.path.relpath(os.path.join(folder, name), self.root)
                self.check_kind(path)
                if TEXT.search(name) or NEEDS_SPDX.search(name):
                    self.check_file(path, name)

    def check_kind(self, path):
        """Sources only: what a compiler or a core dump left is not one."""
        full = os.path.join(self.root, path)
        if os.path.islink(full) or not os.path.isfile(full):
            return
        with open(full, "rb") as f:
            head = f.read(8192)
        is_binary = b"\0" in head or head.startswith(b"!<arch>")
        if is_binary and path not in BINARY:
            self.say(path, 0, "a binary file")
        elif not is_binary and os.access(full, os.X_OK) and not head.startswith(b"#!"):
            self.say(path, 0, "executable, and no script")

    def check_file(self, path, name):
        self.count += 1
        with open(os.path.join(self.root, path), encoding="utf-8", errors="surrogateescape") as f:
            text = f.read()
        lines = text.split("\n")
        if NEEDS_SPDX.search(name) or lines[0].startswith("#!"):
            if not any(LICENCE in line for line in lines[:5]):
                self.say(path, 1, "no SPDX line in the first five lines")
        if text and not text.endswith("\n"):
            self.say(path, len(lines), "no newline at the end")
        for number, line in enumerate(lines, 1):
            self.check_line(path, name, number, line)
        if name.endswith((".c", ".h")):
            self.check_c(path, text, lines)

    def check_line(self, path, name, number, line):
        if LATER.search(line) and name != "LICENSE":
            self.say(path, number, "unfinished work")
        if HOSTS.search(line):
            self.say(path, number, "the host of a package registry")
        if MACHINE_PATHS.search(line):
            self.say(path, number, "a path of one machine")
        if line.rstrip() != line and not name.endswith((".md", ".po")) and name != "LICENSE":
            self.say(path, number, "blanks at the end of the line")
        if name.endswith((".c", ".h", ".py", ".sh")):
            if "\t" in line:
                self.say(path, number, "a tab")
            if len(line) > 100 and not name.endswith((".c", ".h")):  # clang-format's business
                self.say(path, number, "longer than 100 columns")

    def check_c(self, path, text, lines):
        parts = path.split(os.sep)
        code = COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
        if path.endswith(".h"):
            if "#pragma once" not in text:
                self.say(path, 1, "no #pragma once")
            if len(lines) - 1 > 100 and not parts[0] == "tests":
                self.say(path, len(lines) - 1, "a header of more than 100 lines")
        if ALPM.search(code) and parts[:2] != ["service", "omgd-index"] and parts[0] != "tests":
            self.say(path, 1, "only omgd-index and the tests include alpm.h")
        if CURL.search(code) and parts[:2] != ["service", "omgd-fetch"] and parts[0] != "tests":
            self.say(path, 1, "only omgd-fetch and the tests include curl.h")
        if parts[0] in ("service", "client"):
            for found in re.finditer(r"(?m)^.*\bgoto\b|//.*$", STRING.sub('""', code)):
                self.say(path, code[:found.start()].count("\n") + 1,
                         "goto" if "goto" in found[0] else "a // comment")
            if path.endswith(".c"):
                for found in re.finditer(r"(?m)^\s*#\s*if", code):
                    self.say(path, code[:found.end()].count("\n") + 1,
                             "conditional compilation in a .c file: let meson pick the file")
        if parts[0] == "service" and len(parts) == 3 and parts[1] in RANKS:
            self.check_layers(path, parts[1], code)

    def check_layers(self, path, folder, code):
        rank = RANKS[folder]
        if folder not in ("loop", "faces") and SD_BUS.search(code):
            self.say(path, 1, "sd-*.h below faces/ and loop/")
        for included in QUOTED.findall(code):
            other = included.split("/")[0]
            if "/" in included and other in RANKS and RANKS[other] > rank:
                self.say(path, 1, "%s/ includes %s: data flows the other way" % (folder, included))
        if folder == "faces":
            for found in FACES_MUST_NOT.finditer(STRING.sub('""', code)):
                line = STRING.sub('""', code)[:found.start()].count("\n") + 1
                self.say(path, line, "%s() in faces/" % found[1])


def main():
    checker = Checker(sys.argv[1] if len(sys.argv) > 1 else ".")
    checker.run()
    for finding in checker.findings:
        print(finding)
    print("%d files, %d findings" % (checker.count, len(checker.findings)))
    return 1 if checker.findings or not checker.count else 0


if __name__ == "__main__":
    sys.exit(main())
