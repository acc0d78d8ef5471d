#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a program with the system calls that a unit allows, as the service manager would: all others
fail with EPERM.

usage: omgfilter.py UNIT -- PROGRAM ARGUMENT...

Exit code 77: no systemd-analyze, or no libseccomp."""

import ctypes
import errno
import os
import subprocess
import sys

ALLOW, ERRNO = 0x7FFF0000, 0x00050000


def skip(why):
    print("omgfilter: " + why, file=sys.stderr)
    sys.exit(77)


def read_set(name, seen):
    """The system calls of a set of systemd's, with those in it."""
    if not name.startswith("@"):
        return {name}
    if name in seen:
        return set()
    seen.add(name)
    try:
        done = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", name],
                              check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        skip(str(error))
    names = set()
    for line in done.stdout.decode().splitlines()[1:]:
        word = line.strip()
        if word and not word.startswith("#"):
            names |= read_set(word, seen)
    return names


def read_unit(path):
    """What its SystemCallFilter= lines come to, in their order."""
    names = read_set("@default", set())
    with open(path, encoding="utf-8") as f:
        lines = [line.strip() for line in f if line.startswith("SystemCallFilter=")]
    for value in (line.split("=", 1)[1] for line in lines):
        for word in value.lstrip("~").split():
            if value.startswith("~"):
                names -= read_set(word, set())
            else:
                names |= read_set(word, set())
    return names


def enter(names):
    try:
        seccomp = ctypes.CDLL("libseccomp.so.2")
    except OSError as error:
        skip(str(error))
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(ERRNO | errno.EPERM)))
    for name in sorted(names):
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        # Of other machines, or younger than this libseccomp.
        if number >= 0:
            seccomp.seccomp_rule_add(context, ctypes.c_uint32(ALLOW), number, 0)
    if seccomp.seccomp_load(context) != 0:
        skip("the filter cannot be loaded")


def main():
    end = sys.argv.index("--")
    enter(read_unit(sys.argv[1]))
    os.execv(sys.argv[end + 1], sys.argv[end + 1:])


main()
