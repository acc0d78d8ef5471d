#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""policy.toml decides: which packages are allowed and why not, as soon as it changes, and by what
was in force when it is broken."""
import datetime
import json
import os
import signal
import stat
import subprocess

import omgtest
from omgtest import Bench, CallError, omgroot, options, same, test, wait_until

AUDIT = "org.omgd1.Audit"
REFUSED, UPDATE_REFUSED = 256, 32
INVALID = "org.omgd1.Error.PolicyInvalid"
SIGNED = ["SigLevel = Required DatabaseOptional"]

CORE = [omgroot.Package("bash", "5.2-1", LICENSE=["GPL-3.0-or-later"], PGPSIG="AAAA"),
        omgroot.Package("both", "1-1", LICENSE=["MIT AND (GPL-3.0-only OR Zlib)"], PGPSIG="AAAA"),
        omgroot.Package("jdk", "1-1", LICENSE=["GPL-2.0-only WITH Classpath-exception-2.0"],
                        PGPSIG="AAAA"),
        omgroot.Package("lame", "1-1", LICENSE=["LGPL2.1"], PGPSIG="AAAA"),
        omgroot.Package("two", "1-1", LICENSE=["MIT", "Zlib"], PGPSIG="AAAA"),
        omgroot.Package("telnet", "1-1", LICENSE=["BSD-3-Clause"], PGPSIG="AAAA")]
MINE = [omgroot.Package("bash", "9-1", LICENSE=["MIT"]),
        omgroot.Package("tool", "1-1", LICENSE=["MIT"])]


def write_root(root):
    installed = [omgroot.as_installed(CORE[0], 0, True, "5.1-1"),
                 omgroot.as_installed(CORE[3], 1, True),
                 omgroot.as_installed(MINE[1], 2, True, VALIDATION=["none"]),
                 omgroot.as_installed(omgroot.Package("yay", "12-1", LICENSE=["GPL3"]), 3, True,
                                      VALIDATION=["none"])]
    omgroot.write_root(root, [("core", CORE), ("mine", MINE)], installed)
    omgroot.write_configuration(root, ["core", "mine"], (), {"core": SIGNED})


class PolicyBench(Bench):
    """A small system, and a policy.toml."""

    def __init__(self, text=None):
        super().__init__(root=write_root)
        if text is not None:
            self.put(text)

    @property
    def path(self):
        return os.path.join(self.config, "policy.toml")

    @property
    def copy(self):
        return os.path.join(self.data, "policy.last-good.toml")

    def put(self, text):
        with open(self.path + ".new", "w", encoding="utf-8") as f:
            f.write(text)
        os.rename(self.path + ".new", self.path)

    def put_tracker(self, *groups):
        folder = os.path.join(self.folder, "cache", "advisories")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "tracker.json")
        with open(path + ".new", "w", encoding="utf-8") as f:
            json.dump([{"name": name, "packages": [package], "status": "Vulnerable",
                        "severity": "High", "type": "unknown", "affected": "99-1", "fixed": None,
                        "ticket": None, "issues": ["CVE-2022-1"], "advisories": []}
                       for name, package in groups], f)
        os.rename(path + ".new", path)
        self.call(omgtest.MANAGER, "StateHasChanged", "s", "a test has put a file there")

    def evaluate(self, *names, **how):
        """{name: (grade, "reason reason")}"""
        rows = self.call(AUDIT, "EvaluatePolicy", "asa{sv}", list(names), options(**how))[0]
        same([row[0] for row in rows], list(names), "names in their order")
        same([row[1] for row in rows], [not row[3] for row in rows], "allowed without a reason")
        same([len(row[4]["messages"]) for row in rows], [len(row[3]) for row in rows], "messages")
        return {row[0]: (row[2], " ".join(row[3])) for row in rows}

    def reasons(self, *names, **how):
        return {name: found[1] for name, found in self.evaluate(*names, **how).items()}

    def reload(self):
        self.call(AUDIT, "ReloadPolicy")

    def policy(self):
        return self.call(AUDIT, "GetPolicy")[0]

    def state(self):
        return self.properties(AUDIT)["PolicyState"]

    def refused(self):
        return sorted(row[0] for row in self.list("ListInstalled")[0] if row[5] & REFUSED)

    def put_and_reload(self, text):
        self.put(text)
        self.reload()


def fails(name, text, function):
    try:
        function()
    except CallError as error:
        same(error.name, name, "the error's name")
        if text not in error.message:
            raise AssertionError("%r lacks %r" % (error.message, text)) from None
        return error.message
    raise AssertionError("no " + name)


@test("grades: what is signed and official, what is not, and what has a flaw")
def grades():
    with PolicyBench() as bench:
        bench.start().wait_loaded()
        same(bench.evaluate("bash", "tool", "yay", "both", "mine/bash", "nosuch"),
             {"bash": ("Verified", ""), "tool": ("Community", ""), "yay": ("Community", ""),
              "both": ("Verified", ""), "mine/bash": ("Community", ""), "nosuch": ("", "unknown")},
             "the presets")
        bench.put_tracker(("AVG-1", "bash"))
        wait_until(lambda: bench.evaluate("bash")["bash"] == ("Risk", "grade"), 10, "a flaw")
        bench.put_and_reload('minimum_grade = "Risk"\n')
        same(bench.evaluate("bash"), {"bash": ("Risk", "")}, "Risk will do")
        bench.put_and_reload('minimum_grade = "Verified"\n')
        same(bench.reasons("bash", "lame", "tool", "both"),
             {"bash": "grade", "lame": "", "tool": "grade", "both": ""}, "Verified")
        bench.put_and_reload('minimum_grade = "Locked"\n')
        same(bench.evaluate("both"), {"both": ("Verified", "grade")}, "nothing is Locked")


@test("allow_aur, require_pgp and bans, of what is installed and of what would be")
def rules():
    with PolicyBench("allow_aur = false\n") as bench:
        bench.start().wait_loaded()
        same(bench.reasons("yay", "tool", "bash"), {"yay": "aur", "tool": "", "bash": ""}, "aur")
        bench.put_and_reload("require_pgp = true\n")
        same(bench.reasons("yay", "tool", "bash", "mine/tool", "core/both"),
             {"yay": "pgp", "tool": "pgp", "bash": "", "mine/tool": "pgp", "core/both": ""}, "pgp")
        bench.put_and_reload('banned_packages = ["tel*", "ba[a-s]h", "?ool", "[!b]wo"]\n')
        same(bench.reasons("telnet", "bash", "tool", "two", "both", "telnetx", "Telnet"),
             {"telnet": "banned", "bash": "banned", "tool": "banned", "two": "banned", "both": "",
              "telnetx": "unknown banned", "Telnet": "unknown"}, "bans")
        bench.put_and_reload('banned_packages = ["yay"]\nallow_aur = false\nrequire_pgp = true\n'
                             'allowed_licenses = ["MIT"]\nminimum_grade = "Verified"\n')
        same(bench.reasons("yay"), {"yay": "banned grade aur pgp license"}, "all at once")


@test("licences: AND, OR, WITH, parentheses, Arch's old names")
def licences():
    with PolicyBench() as bench:
        bench.start().wait_loaded()
        names = ("both", "jdk", "lame", "two", "yay")
        for allowed, expected in (
                (["MIT"], ("license",) * 5),
                (["MIT", "Zlib"], ("", "license", "license", "", "license")),
                (["MIT", "GPL-3.0-only"], ("", "license", "license", "license", "")),
                (["GPL-2.0-only"], ("license", "license", "license", "license", "license")),
                (["GPL-2.0-only WITH Classpath-exception-2.0"],
                 ("license", "", "license", "license", "license")),
                (["LGPL2.1", "GPL3"], ("license", "license", "", "license", "")),
                (["LGPL-2.1-only"], ("license", "license", "", "license", "license"))):
            bench.put_and_reload("allowed_licenses = %s\n" % json.dumps(allowed))
            got = bench.reasons(*names)
            same(tuple(got[name] for name in names), expected, "with %s" % allowed)


@test("ignore rules count to the end of their day, and are told")
def ignore():
    today = datetime.datetime.now(datetime.timezone.utc).date()
    yesterday = today - datetime.timedelta(days=1)
    rule = '[[ignore]]\nid = "avg-1"\nreason = "a test"\nexpires = %s\n'
    with PolicyBench() as bench:
        bench.start().wait_loaded()
        bench.put_tracker(("AVG-1", "bash"))
        wait_until(lambda: bench.reasons("bash") == {"bash": "grade"}, 10, "a flaw")
        bench.put_and_reload(rule % yesterday)
        same(bench.evaluate("bash"), {"bash": ("Risk", "grade")}, "a rule that is over")
        same(bench.policy()["ignore"], [{"id": "avg-1", "reason": "a test", "active": False,
                                         "expires": str(yesterday)}], "it is told")
        bench.put_and_reload(rule % today)
        # At midnight it ends: then this says nothing.
        if datetime.datetime.now(datetime.timezone.utc).date() == today:
            same(bench.evaluate("bash"), {"bash": ("Verified", "")}, "a rule that ends today")
        bench.put_and_reload('[[ignore]]\npackage = "bas*"\nreason = "x"\nexpires = 2099-12-31\n')
        same(bench.evaluate("bash"), {"bash": ("Verified", "")}, "by package")
        bench.put_and_reload('[[ignore]]\nid = "AVG-2"\nreason = "x"\n')
        same(bench.evaluate("bash"), {"bash": ("Risk", "grade")}, "another id")


@test("a change is followed without anybody asking: rows, updates, the property, the signal")
def follows():
    with PolicyBench() as bench:
        bench.start().wait_loaded()
        signals = bench.signals()
        same((bench.state(), bench.refused()), ("none", []), "before")
        bench.put('banned_packages = ["bash", "yay"]\n')
        wait_until(lambda: bench.refused() == ["bash", "yay"], 10, "flags of rows")
        same(bench.state(), "ok", "the property")
        same([row[6] & UPDATE_REFUSED for row in bench.list("ListUpdates")[0] if row[0] == "bash"],
             [UPDATE_REFUSED], "flag of the update")
        signals.wait("PolicyViolation", accept=lambda a: a == ("yay", ["banned"]))
        same(sorted(signals.of("PolicyViolation")), [("bash", ["banned"]), ("yay", ["banned"])],
             "what is new")
        bench.put('banned_packages = ["bash", "yay", "lame"]\n')
        signals.wait("PolicyViolation", accept=lambda a: a[0] == "lame")
        same(len(signals.of("PolicyViolation")), 3, "nothing twice")
        os.unlink(bench.path)
        wait_until(lambda: bench.refused() == [], 10, "the file is gone")
        same(bench.state(), "none", "the property")
        package = omgroot.as_installed(omgroot.Package("telnet", "1-1"), 9, True)
        bench.put('banned_packages = ["telnet"]\n')
        wait_until(lambda: bench.state() == "ok", 10, "the policy")
        omgroot.write_local_package(bench.root, package)
        signals.wait("PolicyViolation", 10, accept=lambda a: a == ("telnet", ["banned"]))
        signals.pump(0.1)
        same(len(signals.of("PolicyViolation")), 4, "one more")
        signals.close()


@test("no PolicyViolation for what is refused when omgd starts")
def silent_start():
    with PolicyBench('banned_packages = ["bash"]\n') as bench:
        bench.start(wait=False)
        signals = bench.signals()
        bench.wait_name()
        bench.wait_loaded()
        wait_until(lambda: bench.refused() == ["bash"], 10, "loaded")
        signals.pump(0.2)
        same(signals.of("PolicyViolation"), [], "signals")
        signals.close()


@test("what is sent right after ReloadPolicy sees what it read")
def reload_is_in_force():
    with PolicyBench() as bench:
        bench.start().wait_loaded()
        for turn in range(10):
            name = ("bash", "lame")[turn % 2]
            bench.put_and_reload('banned_packages = ["%s"]\n' % name)
            same(bench.reasons("bash", "lame"),
                 {n: "banned" if n == name else "" for n in ("bash", "lame")}, "turn %d" % turn)
            same(bench.refused(), [name], "rows in turn %d" % turn)
        bench.reload()


@test("the audit log says who had it read again")
def recorded():
    with PolicyBench() as bench:
        bench.start().wait_loaded()
        # Written under another name, where the watch does not see it.
        other = os.path.join(bench.folder, "policy-by-another-name")
        bench.put("")
        bench.reload()
        os.link(bench.path, other)

        def actors():
            rows = bench.call(AUDIT, "ListLog", "a{sv}", options(events=["policy_changed"]))[0]
            return [row[4] for row in rows]
        n = len(actors())
        with open(other, "w", encoding="utf-8") as f:
            f.write('banned_packages = ["bash"]\n')
        bench.reload()
        wait_until(lambda: len(actors()) > n, 10, "a record")
        same((len(actors()), actors()[0]), (n + 1, "uid %d" % os.getuid()), "who asked for it")
        bench.reload()
        bench.put("")
        wait_until(lambda: bench.refused() == [], 10, "a change that somebody notices")
        wait_until(lambda: len(actors()) == n + 2, 10, "one more record")
        same(actors()[0], "omgd", "nobody asked for it")


@test("a broken file is an error with its place, and what was in force stays, over a restart too")
def broken():
    with PolicyBench('banned_packages = ["bash"]\n') as bench:
        bench.start().wait_loaded()
        digest = bench.policy()["digest"]
        same(stat.S_IMODE(os.stat(bench.copy).st_mode), 0o600, "mode of the copy")
        bench.put('# fine\nbanned_packages = ["bash"\nallow_aur = maybe\n')
        message = fails(INVALID, "line 3, column ", bench.reload)
        same(bench.path in message, True, "the file is named")
        same((bench.state(), bench.refused()), ("invalid", ["bash"]), "what was in force stays")
        for stored in (False, True):
            policy = bench.policy()
            same([policy[key] for key in ("state", "in-force", "digest", "line", "path")],
                 ["invalid", "stored" if stored else "before", digest, 3, bench.path], "GetPolicy")
            same(policy["banned_packages"], ["bash"], "its keys")
            same(policy.get("copy"), bench.copy if stored else None, "the copy")
            same("line 3, column" in policy["error"], True, "the error")
            same(bench.reasons("bash"), {"bash": "banned"}, "it is asked")
            bench.stop()
            bench.start().wait_loaded()
        same(bench.log().count("what was in force before this start stays"), 2, "the log")
        bench.put_and_reload("")
        same((bench.state(), bench.refused(), bench.policy()["in-force"]), ("ok", [], "file"),
             "it is right again")


@test("a file that was never right is no policy; one that is gone takes its copy along")
def never_right():
    with PolicyBench("x = 1\n") as bench:
        bench.start().wait_loaded()
        fails(INVALID, "line 1, column 5", lambda: bench.evaluate("bash"))
        policy = bench.policy()
        same((policy["in-force"], "allow_aur" in policy, "refused" in policy),
             ("none", False, False), "nothing is known")
        same(bench.refused(), [], "no flags")
        fails(INVALID, "line 1, column 5", bench.reload)
        bench.put_and_reload('banned_packages = ["bash"]\n')
        same(bench.refused(), ["bash"], "right")
        same(os.path.exists(bench.copy), True, "a copy")
        os.unlink(bench.path)
        bench.reload()
        same((bench.state(), os.path.exists(bench.copy)), ("none", False), "gone")
        bench.stop()
        bench.put("x = 1\n")
        bench.start().wait_loaded()
        same(bench.policy()["in-force"], "none", "nothing to fall back to")


@test("a copy that is damaged is none; one that cannot be written costs only itself")
def copies():
    with PolicyBench('banned_packages = ["bash"]\n') as bench:
        bench.start().wait_loaded()
        bench.stop()
        for text in ("", "\0\0\0", "banned_packages = [\"ba"):
            with open(bench.copy, "w", encoding="utf-8") as f:
                f.write(text)
            bench.put("x = 1\n")
            bench.start().wait_loaded()
            same(bench.policy()["in-force"], "stored" if text == "" else "none", repr(text))
            bench.stop()
        os.unlink(bench.copy)
        os.mkdir(bench.copy)
        bench.put('banned_packages = ["lame"]\n')
        bench.start().wait_loaded()
        same(bench.refused(), ["lame"], "in force all the same")
        same("is not kept for the next start" in bench.log(), True, "the log says so")


@test("files that mean harm: no end, no text, another kind, too large, a loop")
def hostile():
    with PolicyBench("") as bench:
        bench.start().wait_loaded()
        bench.put_and_reload('banned_packages = ["bash"]\n')
        for text in ("\0", "[" * 5000, "a" * 300000, 'banned_packages = ["%s"]' % ("a" * 300),
                     "banned_packages = [%s]" % ",".join(['"a"'] * 1001), "\u202e = 1",
                     'minimum_grade = "\u001b[31mRisk"', 'allowed_licenses = ["MIT AND"]',
                     "[[ignore]]\nid = 'AVG-1'\n", "allow_aur = true\nallow_aur = true\n"):
            bench.put(text)
            fails(INVALID, "", bench.reload)
            same(bench.reasons("bash"), {"bash": "banned"}, "it stays, after %.20r" % text)
        os.unlink(bench.path)
        os.mkfifo(bench.path)
        fails(INVALID, bench.path, bench.reload)
        os.unlink(bench.path)
        os.symlink("policy.toml", bench.path)
        fails(INVALID, bench.path, bench.reload)
        same("line" in bench.policy(), False, "no place")
        same(bench.reasons("bash"), {"bash": "banned"}, "it stays")


@test("names that mean harm are refused or unknown, and the caller gets them back")
def names():
    with PolicyBench() as bench:
        bench.start().wait_loaded()
        invalid = "org.freedesktop.DBus.Error.InvalidArgs"
        for name in ("", "core/", "a" * 256, "b" * 256 + "/a"):
            fails(invalid, "Package 2: ", lambda name=name: bench.evaluate("bash", name))
        fails(invalid, "packages", lambda: bench.evaluate(*["bash"] * 1001))
        odd = ["../../etc/passwd", "\u202ebash", "bash\n", "%s%n", "local/both", "core/tool",
               "a" * 255, "\U0001f4a9"]
        same(bench.reasons(*odd), {name: "unknown" for name in odd}, "unknown")
        same(len(bench.evaluate("bash", "both")), 2, "afterwards")


@test("SIGHUP reads it, too; a hundred changes end in the last")
def many():
    with PolicyBench() as bench:
        bench.start().wait_loaded()
        for turn in range(100):
            bench.put('banned_packages = ["%s"]\n' % ("bash", "lame")[turn % 2])
        bench.process.send_signal(signal.SIGHUP)
        wait_until(lambda: bench.refused() == ["lame"], 10, "the last one")
        bench.reload()
        same(bench.refused(), ["lame"], "and it stays")


@test("omgctl policy shows it, checks packages, and reads it again")
def omgctl():
    def run(*arguments):
        done = subprocess.run([omgtest.program("OMGCTL"), *arguments], env=bench.environment(),
                              check=False, capture_output=True, timeout=60)
        return done.returncode, done.stdout.decode(), done.stderr.decode()
    text = ('banned_packages = ["telnet", "ba*"]\nallow_aur = false\n[[ignore]]\nid = "AVG-1"\n'
            'reason = "no\\u001b[31mne"\nexpires = 2020-01-01\n')
    with PolicyBench(text) as bench:
        bench.start().wait_loaded()
        code, out, err = run("policy")
        same((code, err, "\x1b" in out), (0, "", False), "show: " + out)
        for part in (bench.path, "the file is in force", "telnet  ba*", "allow_aur", "AVG-1",
                     "[over]"):
            same(part in out, True, "%r in %s" % (part, out))
        code, out, err = run("policy", "check", "bash", "tool", "nosuch", "yay")
        same((code, err), (1, ""), "check")
        same([line for line in out.split("\n") if line and line[0] != " "],
             ["bash 5.1-1 refused Verified [not audited]", "tool 1-1 allowed Community "
              "[not audited]", "nosuch refused", "yay 12-1 refused Community [not audited]"],
             "rows")
        same('banned_packages has "ba*"' in out, True, "why")
        same(run("policy", "check", "tool", "lame")[0], 0, "allowed")
        code, out, err = run("--json", "policy", "check", "--candidate", "bash", "mine/tool")
        rows = json.loads(out)["verdicts"]
        same([(r["name"], r["allowed"], r["version"], r["reasons"]) for r in rows],
             [("bash", False, "5.2-1", ["banned"]), ("mine/tool", True, "1-1", [])], "JSON")
        bench.put("allow_aur = maybe\n")
        code, out, err = run("policy", "reload")
        same((code, out, "line 1, column 13" in err), (1, "", True), "broken: " + err)
        same("what was in force before it broke" in run("policy")[1], True, "it stays")
        bench.put("")
        same(run("policy", "reload")[0::2], (0, ""), "mended")
        same(json.loads(run("--json", "policy")[1])["policy"]["banned_packages"], [], "empty")
        same(run("policy", "check", "core/")[0], 5, "no answer is no refusal")
        for wrong in (("check",), ("show",), ("reload", "x"), ("--candidate",)):
            same(run("policy", *wrong)[0], 2, "usage of %s" % (wrong,))


omgtest.run_tests()
