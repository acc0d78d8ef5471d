# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit once more, written from the rules alone, over pacman's own vercmp and Python's own
reader of PEP 440: what test-audit.py holds omgd against. Shares nothing with omgd."""
import ctypes
import ctypes.util
import functools
import re
import shutil
import subprocess

try:
    from packaging import version as pep440
except ImportError:
    try:
        from pip._vendor.packaging import version as pep440
    except ImportError:
        pep440 = None


def find_vercmp():
    """pacman's program, or the function that it is a shell around; None: neither."""
    if shutil.which("vercmp"):
        return lambda a, b: int(subprocess.run(["vercmp", a, b], capture_output=True, text=True,
                                               check=True).stdout)
    name = ctypes.util.find_library("alpm")
    if not name:
        return None
    function = ctypes.CDLL(name).alpm_pkg_vercmp
    function.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    return lambda a, b: function(a.encode(), b.encode())


class Tracker:
    """repositories: [{name: version}], enabled ones, in their order."""

    def __init__(self, groups, repositories, vercmp):
        self.groups = groups
        self.repositories = repositories
        self.vercmp = functools.lru_cache(maxsize=None)(vercmp)

    def state(self, group, package, installed):
        """None: clean."""
        if group["status"] == "Not affected":
            return None
        fixed = group["fixed"]
        if fixed:
            if self.vercmp(installed, fixed) >= 0:
                return None
            there = [held[package] for held in self.repositories if package in held]
            return ("fix-available" if any(self.vercmp(v, fixed) >= 0 for v in there)
                    else "fix-pending")
        return "no-fix" if self.vercmp(installed, group["affected"]) <= 0 else "unconfirmed"

    def findings(self, installed):
        """{(package, group): (installed, state, fixed, severity, CVEs)}"""
        found = {}
        for group in self.groups:
            for package in group["packages"]:
                if package in installed:
                    state = self.state(group, package, installed[package])
                    if state:
                        found[package, group["name"]] = (
                            installed[package], state, group["fixed"] or "", group["severity"],
                            frozenset(group["issues"]))
        return found


def upstream(version):
    return re.sub(r"-[^-]*$", "", re.sub(r"^\d+:", "", version))


class PyPI:
    """Records of PyPI's ecosystem; names: {package: project} of the installed ones."""

    def __init__(self, records):
        self.records = [r for r in records if not r.get("withdrawn")]

    def affects(self, entry, version):
        """True, False, or None: cannot be told."""
        listed = entry.get("versions") if isinstance(entry.get("versions"), list) else []
        ranges = [r for r in entry.get("ranges") or [] if r["type"] == "ECOSYSTEM"]
        try:
            installed = pep440.Version(version)
        except pep440.InvalidVersion:
            # From the first version on, without an end: this one too.
            endless = any(one["events"] == [{"introduced": "0"}] for one in ranges)
            return True if version in listed or endless else None
        if any(pep440.Version(v) == installed for v in listed if is_version(v)):
            return True
        for one in ranges:
            hit = False
            events = [(k, v) for event in one["events"] for k, v in event.items()]
            events.sort(key=lambda e: (e[1] != "0", pep440.Version(e[1]), e[0] == "introduced"))
            for kind, value in events:
                limit = pep440.Version(value)
                if kind == "introduced" and (value == "0" or installed >= limit):
                    hit = True
                elif kind == "fixed" and installed >= limit:
                    hit = False
                elif kind == "last_affected" and installed > limit:
                    hit = False
            if hit:
                return True
        return False if ranges or listed else None

    def findings(self, names, installed):
        """{package: {frozenset of ids of one flaw: whether it is certain}}"""
        found = {}
        for package, project in names.items():
            flaws = []
            for record in self.records:
                verdicts = [self.affects(entry, upstream(installed[package]))
                            for entry in record.get("affected", ())
                            if entry["package"]["ecosystem"] == "PyPI" and
                            normal(entry["package"]["name"]) == project]
                for verdict in verdicts:
                    if verdict is not False:
                        ids = {record["id"], *record.get("aliases", ())}
                        flaws.append((ids, verdict is True))
            if flaws:
                found[package] = join(flaws)
        return found


def is_version(text):
    try:
        return bool(pep440.Version(text))
    except pep440.InvalidVersion:
        return False


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def join(flaws):
    """Those that share an id are one."""
    joined = []
    for ids, certain in flaws:
        apart = []
        for other, other_certain in joined:
            if ids & other:
                ids, certain = ids | other, certain or other_certain
            else:
                apart.append((other, other_certain))
        joined = apart + [(ids, certain)]
    return {frozenset(ids): certain for ids, certain in joined}
