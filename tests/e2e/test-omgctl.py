#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""omgctl: what it prints plain and as JSON, what it keeps from a terminal, its exit codes."""

import errno
import json
import os
import pty
import re
import select
import subprocess

import omgtest
from omgtest import SLOW, Bench, omgroot, pacman_lines, same, test

EXIT_OK, EXIT_ERROR, EXIT_USAGE, EXIT_NOTHING, EXIT_UNREACHABLE = 0, 1, 2, 3, 4

# C0 but newline, delete, C1, and what turns the direction of text.
HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f\x80-\x9f"
                     "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# What omgctl itself sends to a terminal: colours.
SGR = re.compile(r"\x1b\[[0-9;]*m")

_shared = []


def bench():
    if not _shared:
        made = Bench()
        _shared.append(made)
        made.start().wait_loaded()
    return _shared[0]


def omgctl(*arguments, where=None, **environment):
    """(exit code, standard output, standard error) in a pipe."""
    done = subprocess.run([omgtest.program("OMGCTL"), *arguments], stdin=subprocess.DEVNULL,
                          env=(where or bench()).environment(**environment), capture_output=True,
                          timeout=60 * SLOW, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def on_terminal(*arguments, **environment):
    """(exit code, all that a terminal is sent)."""
    master, slave = pty.openpty()
    process = subprocess.Popen([omgtest.program("OMGCTL"), *arguments], stdin=slave, stdout=slave,
                               stderr=slave, env=bench().environment(TERM="xterm-256color",
                                                                     **environment))
    os.close(slave)
    data = b""
    while True:
        ready, _, _ = select.select([master], [], [], 60 * SLOW)
        try:
            piece = os.read(master, 65536) if ready else b""
        except OSError as error:  # how Linux says that the other side was closed
            if error.errno != errno.EIO:
                raise
            piece = b""
        if not piece:
            break
        data += piece
    os.close(master)
    return process.wait(60 * SLOW), data.decode("utf-8", "replace").replace("\r\n", "\n")


def document(*arguments, code=EXIT_OK):
    got, out, err = omgctl("--json", *arguments)
    same(got, code, "exit code of --json %r (%s)" % (arguments, err))
    return json.loads(out)


@test("search: plain and JSON find what omgd finds, in its order")
def search():
    for words in (("firefox",), ("python", "http"), ("library",)):
        expected = [row[0] for row in bench().search(" ".join(words))[0]]
        got = [row["name"] for row in document("search", *words)["packages"]]
        same(got[:len(expected)], expected[:len(got)], "JSON of %r" % (words,))
        code, out, _ = omgctl("search", *words)
        same(code, EXIT_OK, "exit code")
        heads = [line for line in out.split("\n") if re.match(r"^\S+/\S+ \S+", line)]
        same([h.split()[0].split("/")[1] for h in heads][:len(expected)], expected[:len(heads)],
             "plain %r" % (words,))


@test("search: the row of firefox says repository, versions and that it is installed")
def search_row():
    row = document("search", "firefox")["packages"][0]
    same((row["name"], row["version"], row["repository"], row["installed-version"]),
         ("firefox", "121.0-1", "extra", "120.0.1-1"), "JSON")
    same(set(row["flag-names"]) >= {"installed", "explicit", "upgradable"}, True, "flag names")
    _, out, _ = omgctl("search", "firefox")
    same("extra/firefox 121.0-1" in out and "Standalone web browser from mozilla.org" in out, True,
         "plain")


@test("search: nothing found is exit code 3 and no output")
def search_nothing():
    code, out, _ = omgctl("search", "no-such-thing-anywhere")
    same((code, out), (EXIT_NOTHING, ""), "plain")
    same(document("search", "no-such-thing-anywhere", code=EXIT_NOTHING)["packages"], [], "JSON")


@test("search --mode, provides: what the bus says, in plain and JSON")
def search_modes():
    for mode, query in (("glob", "lib*"), ("regex", "^vi[m]$"), ("group", "devel")):
        expected = [row[0] for row in bench().search(query, mode=mode)[0]]
        got = [row["name"] for row in document("search", "--mode", mode, query)["packages"]]
        same((bool(got), got), (True, expected), mode)
    code, _, err = omgctl("search", "--mode=regex", "(a")
    same((code, "at char 2" in err), (1, True), "a fault of an expression")
    got = document("provides", "sh")
    same("bash" in [row["name"] for row in got["packages"]], True, "provides sh")
    same(got["meta"]["choice"], "core/bash", "choice")
    same(omgctl("provides", "no-such>=1")[0], EXIT_NOTHING, "nothing provides it")
    same(omgctl("provides", "--installed", "sh")[1].startswith("core/bash "), True, "--installed")


@test("required-by, depends-on: what the bus says, in plain and JSON")
def relations():
    for command, member in (("required-by", "RequiredBy"), ("depends-on", "DependsOn")):
        lists, _, _ = bench().call(omgtest.PACKAGES, member, "asa{sv}", ["bash"], {})
        code, out, _ = omgctl(command, "bash")
        same((code, out.split("\n")[:-1]), (EXIT_OK, lists["bash"]), command)
        code, out, err = omgctl(command, "bash", "no-such", "firefox")
        same((code, "'no-such'" in err, "bash:\n    " in out), (EXIT_NOTHING, True, True),
             command + " of several")
        got = document(command, "--available", "--kind", "optdepends", "bash")
        expected, _, _ = bench().call(omgtest.PACKAGES, member, "asa{sv}", ["bash"],
                                      omgtest.options(source="repo", kind="optdepends"))
        same((got[command], got["missing"]), (expected, []), command + " in JSON")
    nearest = document("depends-on", "--recursive", "firefox")["depends-on"]["firefox"]
    same("glibc" in nearest, True, "recursive")
    same([omgctl(*line)[0] for line in (("depends-on",), ("required-by", "--recursive", "x"),
                                        ("provides",), ("search", "-n", "-m", "glob", "x"))],
         [2, 2, 2, 2], "wrong command lines")


@test("info: the fields are those of pacman")
def info():
    d = document("info", "odd-all")["details"][0]
    same((d["name"], d["version"], d["installed"]["version"], d["provides"]),
         ("odd-all", "1:2.3_4+r5.g6-7.1", "1:2.3_4+r5.g6-7",
          ["odd=2.3", "odd-abi", "libodd.so=2-64"]),
         "JSON")
    code, out, _ = omgctl("info", "bash", "extra/vlc")
    same(code, EXIT_OK, "exit code")
    for text in ("bash", "The GNU Bourne Again shell", "vlc", "readline"):
        if text not in out:
            raise AssertionError("info does not print %r:\n%s" % (text, out))


@test("info: an unknown name is exit code 3, says which, and the others are shown")
def info_missing():
    code, out, err = omgctl("info", "bash", "no-such-package")
    same(code, EXIT_NOTHING, "exit code")
    same("no-such-package" in err and "GNU Bourne Again" in out, True, "output")
    got = document("info", "no-such-package", code=EXIT_NOTHING)
    same((got["details"], got["missing"]), ([], ["no-such-package"]), "JSON")


@test("list: all, explicit, orphans and foreign are pacman's -Q, -Qe, -Qdt and -Qm")
def lists():
    omgtest.need_pacman()
    for option, query in (((), "-Q"), (("--explicit",), "-Qe"), (("--orphans",), "-Qdt"),
                          (("--foreign",), "-Qm")):
        expected = pacman_lines(bench().root, query)
        code, out, err = omgctl("list", *option)
        same((code, out.split("\n")[:-1]), (EXIT_OK, expected), "list %r (%s)" % (option, err))
        rows = document("list", *option)["packages"]
        same(["%(name)s %(version)s" % row for row in rows], expected, "JSON")


@test("updates: names, versions and what is ignored are pacman's -Qu")
def updates():
    omgtest.need_pacman()
    expected = pacman_lines(bench().root, "-Qu")
    code, out, _ = omgctl("updates")
    lines = out.split("\n")[:-1]
    same((code, [line for line in lines if "replaces" not in line]), (EXIT_OK, expected), "plain")
    same(len([line for line in lines if "replaces" in line]), 2, "replacements")
    rows = document("updates")["updates"]
    same(len(rows), len(lines), "rows of JSON")
    same([row["replaces"] for row in rows if row["name"] == "nova-notes"], [["noter"]], "replaces")


@test("groups: names and numbers of packages, of the repositories or of what is installed")
def groups():
    for arguments, installed in (((), False), (("--installed",), True)):
        expected = bench().list("ListGroups", installed=installed)[0]
        code, out, _ = omgctl("groups", *arguments)
        same((code, out), (EXIT_OK, "".join("%s %d\n" % row for row in expected)), "plain")
        same([(row["name"], row["packages"]) for row in document("groups", *arguments)["groups"]],
             expected, "JSON")
    same(omgctl("groups", "base")[0], EXIT_USAGE, "a name")


@test("repos: each repository with its count, state and time; what is not known is not 0")
def repos():
    rows = document("repos")["repositories"]
    expected = bench().list("ListRepositories")[0]
    same([(r["name"], r["readable"], r["time"], r["packages"], r["state"]) for r in rows],
         [(row[0], row[1], row[2], row[3]["packages"], row[3]["state"]) for row in expected],
         "JSON")
    code, out, _ = omgctl("repos")
    same((code, [line.split()[:3] for line in out.split("\n")[:-1]]),
         (EXIT_OK, [[r["name"], str(r["packages"]), "ok"] for r in rows]), "plain")
    with Bench() as one:
        os.remove(one.sync + "/extra.db")
        one.start().wait_loaded()
        code, out, err = omgctl("repos", where=one)
        line = [line for line in out.split("\n") if line.startswith("extra ")][0]
        same((code, line, "sync/extra: DatabaseMissing" in err),
             (EXIT_OK, "extra unknown absent unknown", True), "a missing one: %s" % err)


LOG = """[2016-01-02 03:04] [ALPM] installed old (1.0-1)
[2019-10-23T07:23:09+0200] [ALPM] upgraded old (1.0-1 -> 1.1-1)
[2019-10-24T07:23:09+0200] [ALPM] removed old (1.1-1)
[2019-10-24T07:23:10+0200] [ALPM] installed other (1-1)
"""


@test("history: the latest first, by name, day and action")
def history():
    path = os.path.join(bench().root, "var/log/pacman.log")
    same(omgctl("history")[0], EXIT_ERROR, "no log")
    omgroot.write_file(path, LOG)
    lines = ["2019-10-24 05:23:10 installed other 1-1", "2019-10-24 05:23:09 removed old 1.1-1",
             "2019-10-23 05:23:09 upgraded old 1.0-1 -> 1.1-1",
             "2016-01-02 03:04:00 installed old 1.0-1"]
    for arguments, expected in ((("history",), lines), (("history", "old"), lines[1:]),
                                (("history", "--since", "2019-10-24"), lines[:2]),
                                (("history", "-s", "2019-10-23T07:23:09+02:00"), lines[:3]),
                                (("history", "-a", "removed", "-a", "upgraded"), lines[1:3])):
        code, out, err = omgctl(*arguments, TZ="UTC")
        same((code, out.split("\n")[:-1], err), (EXIT_OK, expected, ""), " ".join(arguments))
    code, out, err = omgctl("history", "--limit", "1", TZ="UTC")
    same((code, out, "--limit 0" in err), (EXIT_OK, lines[0] + "\n", True), "limit: " + err)
    same(omgctl("history", "never-there")[:2], (EXIT_NOTHING, ""), "no such name")
    entry = document("history", "old")["entries"][1]
    same((entry["action"], entry["version"], entry["old-version"], entry["time"]),
         ("upgraded", "1.1-1", "1.0-1", 1571808189), "JSON")
    for arguments in (("--since", "yesterday"), ("--limit", "-1")):
        same(omgctl("history", *arguments)[0], EXIT_USAGE, " ".join(arguments))
    same(omgctl("history", "--action", "exploded")[0], EXIT_ERROR, "an action that does not exist")
    os.remove(path)


@test("status: the counts are those on the bus, an unknown one is null or 'unknown'")
def status():
    snapshot = document("status")["snapshot"]
    for name, value in bench().properties().items():
        same(snapshot[name], None if value == omgtest.UNKNOWN else value, name)
    code, out, _ = omgctl("status")
    same(code, EXIT_OK, "exit code")
    for text in (str(bench().properties()["TotalPackages"]), "unknown", "ok"):
        if text not in out:
            raise AssertionError("status does not print %r:\n%s" % (text, out))


@test("refresh waits for the job and ends with 0")
def refresh():
    for arguments in ((), ("sync",), ("status",)):
        code, _, err = omgctl("refresh", *arguments)
        same(code, EXIT_OK, "exit code of refresh %r (%s)" % (arguments, err))
    same(isinstance(document("refresh"), dict), True, "JSON")


@test("usage errors are exit code 2, say what is wrong, and print nothing on standard output")
def usage():
    for arguments in ((), ("nonsense",), ("search",), ("info",), ("--no-such-option", "status"),
                      ("list", "--no-such-option"), ("list", "--explicit", "--foreign"),
                      ("list", "word"), ("--timeout", "many", "status"),
                      ("--timeout", "-1", "status")):
        code, out, err = omgctl(*arguments)
        same((code, out), (EXIT_USAGE, ""), "%r (%s)" % (arguments, err))
        if not err.strip():
            raise AssertionError("%r: no word on standard error" % (arguments,))


@test("--help names the commands and exit codes, --version the version")
def help_text():
    code, out, _ = omgctl("--help")
    same(code, EXIT_OK, "exit code")
    for text in ("search", "info", "list", "updates", "status", "refresh", "--json", "--no-color"):
        if text not in out:
            raise AssertionError("--help does not name " + text)
    code, out, _ = omgctl("--version")
    same((code, bool(re.search(r"\d+\.\d+\.\d+", out))), (EXIT_OK, True), "--version")


@test("an answer that is an error is exit code 1 with omgd's reason")
def refused():
    code, out, err = omgctl("search", "x" * 501)
    same((code, out), (EXIT_ERROR, ""), "exit code (%s)" % err)
    if "500" not in err and "query" not in err:
        raise AssertionError("the reason is missing: %r" % err)


@test("without omgd, and without a bus, it is exit code 4, and it does not wait long")
def unreachable():
    with Bench(root=None) as empty:
        code, out, err = omgctl("status", where=empty)
        same((code, out), (EXIT_UNREACHABLE, ""), "no omgd (%s)" % err)
        if "omgd" not in err:
            raise AssertionError("no hint what is missing: %r" % err)
        empty.bus.stop()
        code, out, err = omgctl("--json", "status", where=empty)
        same((code, out), (EXIT_UNREACHABLE, ""), "no bus (%s)" % err)


@test("no control or bidirectional character of a package reaches a terminal")
def terminal_safe():
    for arguments in (("search", "odd"), ("info", "odd-escape", "odd-bidi", "odd-c1", "odd-latin1",
                                          "odd-utf8", "odd-markup"),
                      ("--json", "search", "odd"),
                      ("--json", "info", "odd-escape", "odd-bidi", "odd-c1"),
                      ("info", "no\x1b[31msuch\u202ename")):
        code, text = on_terminal(*arguments)
        if code not in (EXIT_OK, EXIT_NOTHING, EXIT_ERROR):
            raise AssertionError("%r: exit code %d: %s" % (arguments, code, text))
        found = HARMFUL.search(SGR.sub("", text))
        if found:
            raise AssertionError("%r sends %r: %r" % (arguments, found[0],
                                                      text[max(0, found.start() - 60):][:160]))
        # A package's own colours must not pass either: omgctl's begin with a reset or a bold.
        if "\x1b[31mred" in text:
            raise AssertionError("%r passes a package's colour" % (arguments,))
    _, text = on_terminal("info", "odd-utf8")
    for word in ("Grüße", "Ελληνικά", "русский"):
        if word not in text:
            raise AssertionError("%s is lost: %r" % (word, text))


@test("the same holds in a pipe, and JSON keeps the text, escaped")
def pipe_safe():
    for arguments in (("search", "odd"), ("info", "odd-escape", "odd-bidi", "odd-c1")):
        _, out, _ = omgctl(*arguments)
        found = HARMFUL.search(out)
        if found:
            raise AssertionError("%r prints %r" % (arguments, found[0]))
    _, out, _ = omgctl("--json", "info", "odd-escape", "odd-bidi")
    if HARMFUL.search(out):
        raise AssertionError("JSON with raw control characters")
    texts = [d["description"] for d in json.loads(out)["details"]]
    same(["\x1b[31mred" in texts[0], "\u202e" in texts[1]], [True, True], "texts of JSON")


@test("colour: on a terminal, but not in a pipe, with NO_COLOR, --no-color or TERM=dumb")
def colour():
    for arguments in (("search", "firefox"), ("list", "--foreign"), ("info", "bash")):
        code, text = on_terminal(*arguments)
        same((code, bool(SGR.search(text))), (EXIT_OK, True), "terminal, %r" % (arguments,))
        same(bool(SGR.search(on_terminal(*arguments, NO_COLOR="1")[1])), False, "NO_COLOR")
        same(bool(SGR.search(on_terminal("--no-color", *arguments)[1])), False, "--no-color")
        same("\x1b" in omgctl(*arguments)[1], False, "pipe")


@test("every row of --json lists is complete, and meta is there")
def json_rows():
    got = document("list")
    keys = {"name", "version", "repository", "description", "installed-version", "flags"}
    for row in got["packages"]:
        same(keys - set(row), set(), "keys missing in the row of %s" % row.get("name"))
    same((got["meta"]["complete"], got["meta"]["stale"]), (True, False), "meta")


@test("owns: a path behind more rows than one page has an owner, and an empty path is no path")
def owns():
    folder, file = bench().root + "/usr", bench().root + "/usr/bin/bash"
    code, out, err = omgctl("owns", *[folder] * 12, file)
    lines = out.splitlines()
    same((code, err, lines[-1]), (EXIT_OK, "", file + ": bash"), "the path that was named last")
    if len(lines) <= 1000:
        raise AssertionError("%d lines are no more than a page" % len(lines))
    same(len(document("owns", *[folder] * 12, file)["owners"]), len(lines), "rows of JSON")
    code, out, err = omgctl("owns", file, "")
    same((code, out), (EXIT_USAGE, ""), "an empty path (%s)" % err)


@test("no databases: exit code 1, and the reason names the path and pacman -Sy")
def no_databases():
    with Bench() as empty:
        databases = omgroot.db_folder(empty.root)
        os.rename(databases, empty.folder + "/away")
        empty.start()
        code, out, err = omgctl("search", "firefox", where=empty)
        same((code, out), (EXIT_ERROR, ""), "exit code (%s)" % err)
        if databases not in err or "pacman -Sy" not in err:
            raise AssertionError("the reason is missing: %r" % err)


if __name__ == "__main__":
    try:
        omgtest.run_tests()
    finally:
        if _shared:
            _shared.pop().__exit__(None, None, None)
