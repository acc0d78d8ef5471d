#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts files and folders of a test at places of the system that only one program sees.

usage: unshare -m omgmounts.py STAGE PATH=SOURCE... -- PROGRAM ARGUMENT...

STAGE is an empty folder of the test's. The paths need not be there: their parent is then replaced
by a copy of itself that has them too. Exit code 77: no mounts here."""

import ctypes
import os
import sys

MS_BIND, MS_REC = 4096, 16384

libc = ctypes.CDLL(None, use_errno=True)


def mount(source, target, kind=None, flags=0):
    if libc.mount(source.encode(), target.encode(), kind and kind.encode(),
                  ctypes.c_ulong(flags), None) != 0:
        print("omgmounts: %s on %s: %s" % (source, target, os.strerror(ctypes.get_errno())),
              file=sys.stderr)
        sys.exit(77)


def make_like(source, target):
    """Something at target that source can be mounted on, or, of a symbolic link, a copy."""
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
    elif os.path.isdir(source):
        os.mkdir(target)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))


def bind(source, target):
    if not os.path.islink(source):
        mount(source, target, flags=MS_BIND | MS_REC)


def replace_folder(folder, stage):
    """The folder with the same things in it, and room for more."""
    mode = os.stat(folder).st_mode
    real = os.path.join(stage, "%d" % len(os.listdir(stage)))
    os.mkdir(real)
    mount(folder, real, flags=MS_BIND | MS_REC)
    mount("tmpfs", folder, "tmpfs")
    os.chmod(folder, mode & 0o7777)
    for name in os.listdir(real):
        make_like(os.path.join(real, name), os.path.join(folder, name))
        bind(os.path.join(real, name), os.path.join(folder, name))


def place(path, source, stage):
    path = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    if not os.path.exists(path):
        folder = os.path.dirname(path)
        while not os.path.isdir(folder):
            folder = os.path.dirname(folder)
        replace_folder(folder, stage)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        make_like(source, path)
    bind(source, path)


def main():
    end = sys.argv.index("--")
    for pair in sys.argv[2:end]:
        path, source = pair.split("=", 1)
        place(path, source, sys.argv[1])
    os.execv(sys.argv[end + 1], sys.argv[end + 1:])


main()
