#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""packaging/arch/PKGBUILD beside the tree: the version, the packages whose libraries the programs
are linked with, and what package() makes of a build that is there already.

usage: check-pkgbuild.py SOURCE_ROOT BUILD_ROOT PROGRAM..."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

# Which package of Arch has a library. One that is not here is a finding.
PACKAGES = {
    "libalpm": "pacman", "libarchive": "libarchive", "libc": "glibc", "libcurl": "curl",
    "libgio-2.0": "glib2", "libglib-2.0": "glib2", "libgobject-2.0": "glib2",
    "libjson-glib-1.0": "json-glib", "libm": "glibc", "libseccomp": "libseccomp",
    "libsqlite3": "sqlite", "libsystemd": "systemd-libs", "libxxhash": "xxhash",
}
# Of the compilers: their libraries in instrumented builds, and the loader.
OURS = re.compile(r"^(ld-linux.*|lib[alut]+san|libgcc_s|libubsan)$")

# makepkg's side: the variables, one a line, and with "package" the function itself.
DRIVER = """
set -euo pipefail
startdir=$1 srcdir=$2 pkgdir=$3
source "$startdir/PKGBUILD"
cd "$srcdir"
package >&2
for name in build check package; do declare -F "$name" >/dev/null; done
for name in pkgname pkgver pkgrel pkgdesc arch license depends makedepends checkdepends backup; do
    declare -n value=$name
    printf '%s' "$name"; printf '\\t%s' "${value[@]}"; printf '\\n'
done
"""


def run(*command):
    done = subprocess.run(command, check=False, capture_output=True)
    if done.returncode != 0:
        sys.exit("%s: %s%s" % (command[0], done.stdout.decode(), done.stderr.decode()))
    return done.stdout.decode()


def read_pkgbuild(source, build):
    """Its variables as lists, and the files of the package."""
    with tempfile.TemporaryDirectory(prefix="omg-pkgbuild-") as folder:
        pkgdir = os.path.join(folder, "pkg")
        for name in ("src", "pkg"):
            os.mkdir(os.path.join(folder, name))
        os.symlink(build, os.path.join(folder, "src/build"))
        text = run("bash", "-c", DRIVER, "makepkg", os.path.join(source, "packaging/arch"),
                   os.path.join(folder, "src"), pkgdir)
        files = [os.path.relpath(os.path.join(where, name), pkgdir)
                 for where, _, names in os.walk(pkgdir) for name in names]
    return dict((line.split("\t")[0], line.split("\t")[1:]) for line in text.splitlines()), files


def read_libraries(programs):
    """{library: program} of what the programs name as needed."""
    found = {}
    for program in programs:
        for name in re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-dW", program)):
            found[name.split(".so")[0]] = os.path.basename(program)
    return found


def check(source, build, programs):
    variables, files = read_pkgbuild(source, build)
    project = json.loads(run("meson", "introspect", "--projectinfo", build))
    if variables["pkgver"] != [project["version"]]:
        yield "pkgver is %s, the project's version %s" % (variables["pkgver"], project["version"])
    needed = set()
    for library, program in sorted(read_libraries(programs).items()):
        if OURS.match(library):
            continue
        if library not in PACKAGES:
            yield "%s needs %s: which package has it? (PACKAGES here)" % (program, library)
        elif PACKAGES[library] not in variables["depends"]:
            yield "%s needs %s: depends has no %s" % (program, library, PACKAGES[library])
        else:
            needed.add(PACKAGES[library])
    for name in sorted(set(PACKAGES.values()) & set(variables["depends"]) - needed):
        yield "depends has %s, and nothing needs its library" % name
    for name in variables["backup"]:
        if name not in files:
            yield "backup has %s, which is not in the package" % name
    for name in sorted(files):
        if name.startswith("etc/") and name not in variables["backup"]:
            yield "%s is configuration and not in backup" % name


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    for tool in ("meson", "readelf", "bash"):
        if not shutil.which(tool):
            print("no %s on PATH" % tool)
            sys.exit(77)
    source, build = (os.path.abspath(path) for path in sys.argv[1:3])
    findings = list(check(source, build, sys.argv[3:]))
    for finding in findings:
        print("PKGBUILD: " + finding)
    sys.exit(1 if findings else 0)


main()
