#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bill of materials: CycloneDX 1.6 by the rules of omgsbom.py, with all that is installed and
known, the same twice, and never silent about what is not known."""
import copy
import fcntl
import json
import os
import shutil
import stat
import subprocess

import omgsbom
import omgtest
from omgtest import Bench, CallError, omgroot, options, program, real_data, same, test
from omgtest import wait_until

AUDIT = "org.omgd1.Audit"
SEALS = (fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)
FIXED = {"serial": "3e671687-395b-41f5-a30f-a58921a69b79",
         "time": ("t", 10**15),
         "machine": "box"}
INVALID_ARGS = "org.freedesktop.DBus.Error.InvalidArgs"


def generate(bench, form="cyclonedx-1.6", **how):
    parameters = omgtest.GLib.Variant("(sa{sv})", (form, options(**how)))
    try:
        reply, fds = bench.connection.call_with_unix_fd_list_sync(
            omgtest.NAME, omgtest.PATH, AUDIT, "GenerateSbom", parameters, None,
            omgtest.Gio.DBusCallFlags.NONE, 60000, None, None)
    except omgtest.GLib.Error as error:
        raise CallError(omgtest.Gio.DBusError.get_remote_error(error), error.message) from None
    with os.fdopen(fds.get(reply.unpack()[0]), "rb") as f:
        same(fcntl.fcntl(f, fcntl.F_GET_SEALS), SEALS, "seals")
        same(fcntl.fcntl(f, fcntl.F_GETFL) & os.O_ACCMODE, os.O_RDONLY, "access mode")
        return f.read().decode()


def checked(text):
    document = json.loads(text, object_pairs_hook=unique)
    omgsbom.check(document)
    return document


def unique(pairs):
    same(len({key for key, _ in pairs}), len(pairs), "a key stands once")
    return dict(pairs)


def fails(name, text, function):
    try:
        function()
    except CallError as error:
        same((error.name, text in error.message), (name, True), error.message)
        return
    raise AssertionError("no " + name)


def put(bench, name, text):
    path = os.path.join(bench.folder, "cache", "advisories", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write(text)
    os.rename(path + ".new", path)


def put_tracker(bench, *groups):
    put(bench, "tracker.json", json.dumps(
        [{"name": name, "packages": [package], "status": "Vulnerable", "severity": severity,
          "type": "denial of service", "affected": affected, "fixed": fixed, "ticket": None,
          "issues": [cve], "advisories": []}
         for name, package, affected, fixed, severity, cve in groups]))
    bench.call(omgtest.MANAGER, "StateHasChanged", "s", "a test has put a file there")


def put_policy(bench, text):
    with open(os.path.join(bench.config, "policy.toml"), "w", encoding="utf-8") as f:
        f.write(text)
    bench.call(AUDIT, "ReloadPolicy")


@test("every installed package is a component, by pacman's names and versions")
def components():
    with Bench() as bench:
        bench.start().wait_loaded()
        document = checked(generate(bench))
        rows = bench.list("ListInstalled")[0]
        same(sorted((c["name"], c.get("version")) for c in document["components"]
                    if c["type"] == "library"),
             sorted((row[0], row[4]) for row in rows), "components")
        same(document["metadata"]["component"]["type"], "operating-system", "the machine")
        whole = {d["ref"]: d["dependsOn"] for d in document["dependencies"]}
        explicit = {row[0] for row in rows if row[5] & 2}
        by_ref = {c["bom-ref"]: c["name"] for c in document["components"]}
        same({by_ref[ref] for ref in whole["machine"]} >= explicit, True, "what was asked for")


@test("nobody knows the flaws: there is no list of them, and the document says so")
def never():
    with Bench() as bench:
        bench.start().wait_loaded()
        document = checked(generate(bench))
        same("vulnerabilities" in document, False, "no list")
        found = omgsbom.properties(document)
        same((found["org.omgd1:vulnerabilities"], found["org.omgd1:scan-state"],
              "org.omgd1:scan-time" in found), ("unknown", "never", False), "it says so")


@test("findings of every state are vulnerabilities, ignored ones with their reason")
def vulnerabilities():
    with Bench() as bench:
        bench.drop_in("osv", "[osv]\nenabled=false\n")
        bench.start().wait_loaded()
        rows = bench.list("ListUpdates")[0]
        name, old, new = next(r for r in rows if not r[6] & ~2)[:3]
        others = [r for r in bench.list("ListInstalled")[0] if r[0] != name][:4]
        put_tracker(bench, ("AVG-1", name, old, new, "High", "CVE-2022-1"),
                    ("AVG-2", others[0][0], others[0][4], "99:99-1", "Low", "CVE-2022-2"),
                    ("AVG-3", others[1][0], others[1][4], None, "Critical", "CVE-2022-3"),
                    ("AVG-4", others[2][0], "0-0", None, "Medium", "CVE-2022-4"),
                    ("AVG-5", others[3][0], others[3][4], None, "Unknown", "CVE-2022-5"))
        put_policy(bench, '[[ignore]]\nid = "AVG-5"\nreason = "a \\u202e reason"\n')
        wait_until(lambda: "vulnerabilities" in json.loads(generate(bench)), 10, "the list")
        document = checked(generate(bench))
        found = {v["id"]: v for v in document["vulnerabilities"]}
        same({key: (v["analysis"]["state"], v["analysis"].get("response"),
                    v["properties"][0]["value"]) for key, v in found.items()},
             {"AVG-1": ("exploitable", ["update"], "fix-available"),
              "AVG-2": ("exploitable", None, "fix-pending"),
              "AVG-3": ("exploitable", None, "no-fix"),
              "AVG-4": ("in_triage", None, "unconfirmed"),
              "AVG-5": ("exploitable", ["will_not_fix"], "ignored")}, "states")
        same(found["AVG-5"]["analysis"]["detail"],
             "Ignored by the policy of this machine: a \u202e reason", "the rule's reason")
        by_ref = {c["bom-ref"]: c["name"] for c in document["components"]}
        same([by_ref[one["ref"]] for one in found["AVG-1"]["affects"]], [name], "affects")
        same([one["id"] for one in found["AVG-1"]["references"]], ["CVE-2022-1"], "references")
        same("vulnerabilities" in checked(generate(bench, vulnerabilities=False)), False, "without")
        same(omgsbom.properties(checked(generate(bench, vulnerabilities=False)))
             ["org.omgd1:vulnerabilities"], "left-out", "and it says so")


@test("two documents differ in serial and time alone; with both given they are the same bytes")
def same_twice():
    with Bench() as bench:
        bench.start().wait_loaded()
        one, two = generate(bench).split("\n"), generate(bench).split("\n")
        differ = {a.split('"')[1] for a, b in zip(one, two) if a != b}
        same((len(one), differ <= {"serialNumber", "timestamp"}, "serialNumber" in differ),
             (len(two), True, True), "lines that differ: %s" % differ)
        same(generate(bench, **FIXED), generate(bench, **FIXED), "bytes")
        document = checked(generate(bench, **FIXED))
        same((document["serialNumber"], document["metadata"]["timestamp"],
              document["metadata"]["component"]["name"]),
             ("urn:uuid:" + FIXED["serial"], "2001-09-09T01:46:40Z", "box"), "as given")
        before = generate(bench, **FIXED)
        bench.stop()
        bench.start().wait_loaded()
        same(generate(bench, **FIXED), before, "by an omgd that was started anew")


@test("the audit log says who was given one")
def recorded():
    with Bench() as bench:
        bench.start().wait_loaded()
        document = checked(generate(bench))

        def list_records():
            return bench.call(AUDIT, "ListLog", "a{sv}", options(events=["sbom_generated"]))[0]
        wait_until(list_records, 10, "a record")
        row = list_records()[0]
        metadata = json.loads(row[7]["metadata"])
        same((row[4], metadata["components"], "urn:uuid:" + metadata["serial"]),
             ("uid %d" % os.getuid(), len(document["components"]), document["serialNumber"]),
             "the record")


@test("what cannot be is refused with what there is")
def refused():
    with Bench() as bench:
        bench.start().wait_loaded()
        for form in ("", "spdx-2.3", "cyclonedx-1.5", "CycloneDX-1.6"):
            fails(INVALID_ARGS, '"cyclonedx-1.6"', lambda form=form: generate(bench, form))
        fails(INVALID_ARGS, "serial", lambda: generate(bench, serial="x"))
        fails(INVALID_ARGS, "time", lambda: generate(
            bench, time=("t", 2**64 - 1)))
        fails(INVALID_ARGS, "vulnerabilities", lambda: generate(bench, vulnerabilities="no"))
        shutil.rmtree(bench.local)
        os.unlink(os.path.join(bench.data, "local.idx"))
        bench.stop()
        bench.start()
        try:
            generate(bench)
        except CallError as error:
            same(error.name.startswith("org.omgd1.Error."), True, error.name)
        else:
            raise AssertionError("a document of nothing")


@test("texts of packages that mean harm leave the document one")
def hostile():
    evil = 'a"b\\c\x1b[31m\u202e</script>\u2028'

    def write(root):
        package = omgroot.Package("evil", "1:2~3+4-5", DESC=evil, URL="javascript:alert(1) x",
                                  LICENSE=[evil, "MIT AND", "GPL"], ARCH="x86 64?", PACKAGER=evil)
        omgroot.write_root(root, [("core", [])], [omgroot.as_installed(package, 0, True)])
    with Bench(root=write) as bench:
        bench.start().wait_loaded()
        document = checked(generate(bench, machine="\u202ebox\n"))
        row = document["components"][0]
        same((row["name"], row["version"], row["purl"].split("?")[0]),
             ("evil", "1:2~3+4-5", "pkg:alpm/arch/evil@1:2~3%2B4-5"), "the package")


@test("omgctl sbom writes a whole file, or none")
def omgctl():
    with Bench() as bench:
        bench.start().wait_loaded()
        path = os.path.join(bench.folder, "sbom.json")

        def run(*arguments):
            done = subprocess.run([program("OMGCTL"), "sbom", *arguments], check=False,
                                  env=bench.environment(), capture_output=True, timeout=60)
            return done.returncode, done.stdout.decode(), done.stderr.decode()
        code, out, err = run("--machine", "box", "-o", path)
        same((code, out, err), (0, "", ""), "a file")
        with open(path, encoding="utf-8") as f:
            same(checked(f.read())["metadata"]["component"]["name"], "box", "its name")
        mask = os.umask(0)
        os.umask(mask)
        same(stat.S_IMODE(os.stat(path).st_mode), 0o666 & ~mask, "mode")
        before = os.stat(path).st_ino
        code, out, err = run("--without-vulnerabilities", "-o", "-")
        same((code, err), (0, ""), "standard output")
        same(omgsbom.properties(checked(out))["org.omgd1:vulnerabilities"], "left-out", "as told")
        code, out, err = run("-o", os.path.join(bench.folder, "no/such/folder"))
        same((code, out, "no/such" in err), (1, "", True), "no such folder: " + err)
        pipe = os.path.join(bench.folder, "pipe")
        os.mkfifo(pipe)
        reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE)
        same(run("-o", pipe), (0, "", ""), "a pipe")
        checked(reader.communicate(timeout=60)[0].decode())
        same(stat.S_ISFIFO(os.stat(pipe).st_mode), True, "nothing took its place")
        code, out, err = run("-o", "/dev/full")
        same((code, out), (1, ""), "a device: " + err)
        same(run("word")[0], 2, "a name")
        bench.stop()
        code, out, err = run("-o", path)
        same((code, out), (4, ""), "no omgd")
        same(os.stat(path).st_ino, before, "the file before stays")
        same([n for n in os.listdir(bench.folder) if n.startswith(".sbom")], [], "nothing is left")


@test("the real databases and feeds")
def real():
    source, security = real_data("arch-2022-09"), real_data("security")
    with Bench(root=lambda root: omgroot.make_databases(root, source)) as bench:
        with open(os.path.join(security, "alsa-all.json"), encoding="utf-8") as f:
            put(bench, "tracker.json", f.read())
        for name in os.listdir(os.path.join(security, "osv")):
            with open(os.path.join(security, "osv", name), encoding="utf-8") as f:
                put(bench, "osv/" + name, f.read())
        bench.start().wait_loaded(60)
        wait_until(lambda: "vulnerabilities" in json.loads(generate(bench)), 60, "findings")
        document = checked(generate(bench))
        rows, _ = bench.call(AUDIT, "ListVulnerabilities", "a{sv}", options(
            states=["fix-available", "fix-pending", "no-fix", "unconfirmed", "ignored"]))
        by_ref = {c["bom-ref"]: c["name"] for c in document["components"]}
        same(sorted((v["id"], by_ref[one["ref"]]) for v in document["vulnerabilities"]
                    for one in v["affects"]),
             sorted({(row[3], row[0]) for row in rows}), "as ListVulnerabilities")
        print("# %d components, %d vulnerabilities" % (len(document["components"]),
                                                      len(document["vulnerabilities"])))


@test("the rules themselves find mistakes")
def rules():
    with Bench() as bench:
        bench.start().wait_loaded()
        document = checked(generate(bench))
    for change in (lambda d: d.pop("serialNumber"), lambda d: d.update(specVersion="1.5"),
                   lambda d: d.update(version=0), lambda d: d.update(serialNumber="urn:uuid:1"),
                   lambda d: d["components"].append(d["components"][0]),
                   lambda d: d["components"][0].update(type="package"),
                   lambda d: d["components"][0].update(purl="pkg:alpm/arch/A@1 2"),
                   lambda d: d["components"][0].update(licenses=[{"expression": "MIT AND"}]),
                   lambda d: d["dependencies"][0].update(dependsOn=["nothing"]),
                   lambda d: d["metadata"].update(timestamp="yesterday"),
                   lambda d: d.update(vulnerabilities=[{"id": "x"}]),
                   lambda d: d.update(more=1)):
        broken = copy.deepcopy(document)
        change(broken)
        try:
            omgsbom.check(broken)
        except omgsbom.Mistake:
            continue
        raise AssertionError("a mistake was not found")


omgtest.run_tests()
