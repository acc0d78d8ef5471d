#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `meson install` puts where, compared with tests/install.list: every file with its mode, and
where symbolic links lead. A file that is new, gone, or has other rights is a finding.

usage: check-install.py SOURCE_ROOT BUILD_ROOT [--write]

--write makes the list anew: look at its diff, and commit it with what it is about. A new file may
also have to be in packaging/arch/PKGBUILD, if it belongs to /etc."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile

# Options of meson that say where files go, the more special one first.
FOLDERS = ("localedir", "mandir", "libexecdir", "bindir", "datadir", "prefix")


def read_folders(build):
    done = subprocess.run(["meson", "introspect", "--buildoptions", build], check=True,
                          capture_output=True)
    values = {option["name"]: option["value"] for option in json.loads(done.stdout)}
    return {name: os.path.join(values["prefix"], values[name]) for name in FOLDERS}


def shorten(path, folders):
    for name in FOLDERS:
        # Where that is /usr/lib, not all in it is there because of libexecdir.
        inside = "/omgd/" if name == "libexecdir" else "/"
        if path.startswith(folders[name] + inside):
            return "{%s}%s" % (name, path[len(folders[name]):])
    return path


def describe(path):
    """Mode, and target of a symbolic link."""
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        return "link", " -> " + os.readlink(path)
    return "%04o" % stat.S_IMODE(mode), "" if stat.S_ISREG(mode) else " (no regular file)"


def read_installed(build):
    """The list as it should be, of an installation into a folder of our own."""
    folders = read_folders(build)
    lines = []
    with tempfile.TemporaryDirectory(prefix="omg-install-") as target:
        done = subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet",
                               "--destdir", target], check=False, capture_output=True)
        if done.returncode != 0:
            sys.exit("meson install: %s%s" % (done.stdout.decode(), done.stderr.decode()))
        for folder, subfolders, names in os.walk(target):
            links = [name for name in subfolders if os.path.islink(os.path.join(folder, name))]
            for path in (os.path.join(folder, name) for name in names + links):
                mode, target_text = describe(path)
                lines.append("%s %s%s" % (mode, shorten(path[len(target):], folders), target_text))
    return sorted(lines, key=lambda line: line.split(" ", 1)[1])


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[3:] not in ([], ["--write"]):
        sys.exit(__doc__)
    if not shutil.which("meson"):
        print("no meson on PATH")
        sys.exit(77)
    path = os.path.join(sys.argv[1], "tests/install.list")
    installed = read_installed(sys.argv[2])
    if sys.argv[3:]:
        with open(path, "w", encoding="utf-8") as f:
            f.write("".join(line + "\n" for line in installed))
        return
    with open(path, encoding="utf-8") as f:
        listed = f.read().splitlines()
    for line in sorted(set(installed) - set(listed)):
        print("installed and not listed: " + line)
    for line in sorted(set(listed) - set(installed)):
        print("listed and not installed: " + line)
    if installed != listed:
        print("If that is meant: tests/lint/check-install.py . BUILD_ROOT --write")
        sys.exit(1)
    print("%d files installed as listed" % len(installed))


main()
