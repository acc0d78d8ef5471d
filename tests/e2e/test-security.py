#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the feeds' files stands in the flags of rows, and follows each change of the feeds, of
the policy, and of what is installed."""
import json
import os
import shutil
import signal
import time

import httpfake
import omgtest
import omgwire
from omgtest import Bench, same, test, wait_until

AUDIT = "org.omgd1.Audit"
AFFECTED, REFUSED, SECURITY = 32, 256, 1


def group(number, name, affected, fixed=None, **more):
    entry = {"name": "AVG-%d" % number, "packages": [name], "status": "Vulnerable",
             "severity": "High", "type": "denial of service", "affected": affected, "fixed": fixed,
             "ticket": None, "issues": ["CVE-2022-%04d" % number], "advisories": []}
    entry.update(more)
    return entry


def put_tracker(bench, groups):
    """As omgd puts it there: whole, by rename."""
    folder = os.path.join(bench.folder, "cache", "advisories")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "tracker.json")
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write(groups if isinstance(groups, str) else json.dumps(groups))
    os.rename(path + ".new", path)


def put_policy(bench, text):
    os.makedirs(bench.config, exist_ok=True)
    path = os.path.join(bench.config, "policy.toml")
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write(text)
    os.rename(path + ".new", path)


def flagged(bench, flag):
    return sorted(row[0] for row in bench.list("ListInstalled")[0] if row[5] & flag)


def look(bench):
    bench.call(omgtest.MANAGER, "StateHasChanged", "s", "a test has put a file there")


def wait_flagged(bench, flag, names, what):
    wait_until(lambda: flagged(bench, flag) == names, 10, what)


def get_two(bench):
    """Two installed packages: (name, version)."""
    rows = bench.list("ListInstalled")[0]
    return [(row[0], row[4]) for row in rows[:2]]


@test("a row's flags say what the tracker knows, and follow its list")
def flags():
    with Bench() as bench:
        bench.start().wait_loaded()
        same(flagged(bench, AFFECTED | REFUSED), [], "nothing was ever fetched")
        (a, a_version), (b, b_version) = get_two(bench)
        put_tracker(bench, [group(1, a, a_version)])
        look(bench)
        wait_flagged(bench, AFFECTED, [a], "the list is there")
        same(flagged(bench, REFUSED), [a], "its grade is Risk")
        info = bench.call(omgtest.MANAGER, "GetCacheInfo")[0]
        size = os.stat(os.path.join(bench.data, "advisories.idx")).st_size
        same([row[:2] for row in info["index"] if row[0] == "advisories.idx"],
             [("advisories.idx", size)], "the index file")
        put_tracker(bench, [group(1, a, a_version, a_version), group(2, b, b_version)])
        look(bench)
        wait_flagged(bench, AFFECTED, [b], "another list")
        bench.check_log()


@test("an index of advisories that is damaged or gone is made anew; a list that is none leaves it")
def index():
    with Bench() as bench:
        bench.start().wait_loaded()
        (a, version), _ = get_two(bench)
        put_tracker(bench, [group(1, a, version)])
        look(bench)
        wait_flagged(bench, AFFECTED, [a], "the list is there")
        bench.stop()
        path = os.path.join(bench.data, "advisories.idx")
        with open(path, "r+b") as f:
            f.seek(200)
            f.write(b"\xff" * 64)
        bench.start().wait_loaded()
        wait_flagged(bench, AFFECTED, [a], "after damage")
        bench.stop()
        same("advisories.idx" in bench.log(), True, "the log says so")
        os.unlink(path)
        bench.start().wait_loaded()
        wait_flagged(bench, AFFECTED, [a], "after its loss")
        put_tracker(bench, "<html>")
        look(bench)
        wait_until(lambda: "Advisories: " in bench.log(), 10, "the log names the list")
        same(flagged(bench, AFFECTED), [a], "what was known stays")
        # In part first, as one who deletes the cache leaves it for a moment.
        folder = os.path.join(bench.folder, "cache", "advisories")
        os.mkdir(os.path.join(folder, "osv"))
        os.unlink(os.path.join(folder, "tracker.json"))
        look(bench)
        wait_until(lambda: bench.properties(AUDIT)["LastError"][0] == "", 10,
                   "nothing is wrong with what is there")
        same(flagged(bench, AFFECTED), [a], "what was known stays without the list")
        shutil.rmtree(folder)
        bench.stop()
        bench.start().wait_loaded()
        same(flagged(bench, AFFECTED), [a], "without the cache, too")


@test("the policy decides at once: what it ignores, and what it refuses")
def policy():
    with Bench() as bench:
        put_policy(bench, "")
        bench.start().wait_loaded()
        (a, version), (b, _) = get_two(bench)
        put_tracker(bench, [group(1, a, version)])
        look(bench)
        wait_flagged(bench, AFFECTED, [a], "the list is there")
        put_policy(bench, '[[ignore]]\nid = "AVG-1"\nreason = "a test"\n')
        wait_flagged(bench, AFFECTED, [], "ignored")
        same(flagged(bench, REFUSED), [], "and allowed")
        put_policy(bench, 'banned_packages = ["%s"]\n' % b)
        wait_flagged(bench, REFUSED, sorted((a, b)), "banned")
        put_policy(bench, "nonsense")
        wait_until(lambda: "line 1, column" in bench.log(), 10, "it is refused")
        same(flagged(bench, REFUSED), sorted((a, b)), "what was in force stays")
        put_policy(bench, 'minimum_grade = "Risk"\n')
        wait_flagged(bench, REFUSED, [], "anything goes")
        same(flagged(bench, AFFECTED), [a], "but is affected")


AUDIT = "org.omgd1.Audit"


@test("GetAdvisory has the references and notes of a group once its details are there")
def references():
    with Bench() as bench:
        bench.start().wait_loaded()
        (a, version), _ = get_two(bench)
        put_tracker(bench, [group(1, a, version)])
        look(bench)
        wait_flagged(bench, AFFECTED, [a], "the list is there")
        known, = bench.call(AUDIT, "GetAdvisory", "s", "AVG-1")
        same("references" in known["groups"][0], False, "no details yet")
        folder = os.path.join(bench.folder, "cache", "advisories", "tracker")
        os.makedirs(folder, exist_ok=True)
        details = dict(group(1, a, version), references=["https://a.example/", "javascript:x"],
                       notes="A note")
        for name, content in (("AVG-2.json", "nonsense"), ("AVG-1.json", json.dumps(details))):
            path = os.path.join(folder, name)
            with open(path + ".new", "w", encoding="utf-8") as f:
                f.write(content)
            os.rename(path + ".new", path)
        look(bench)

        def get():
            return bench.call(AUDIT, "GetAdvisory", "s", "AVG-1")[0]["groups"][0]
        wait_until(lambda: "references" in get(), 10, "the details are there")
        same(get()["references"], ["https://a.example/"], "pages")
        same(get()["notes"], "A note", "notes")
        bench.check_log()


@test("the socket's SecurityAudit is what D-Bus lists, and an error as long as nobody knows")
def socket():
    with Bench() as bench:
        bench.start().wait_loaded()
        client = omgwire.Client(os.path.join(bench.runtime, "omg.sock"), 30 * omgtest.SLOW)
        try:
            client.call("SecurityAudit")
        except omgwire.Failed as error:
            same(error.code, -32603, "nothing was ever fetched")
        else:
            raise AssertionError("an answer that nobody knows")
        (a, a_version), (b, b_version) = get_two(bench)
        put_tracker(bench, [group(1, a, a_version), group(2, b, b_version, severity="Low"),
                            group(3, a, "0.0.1-1")])
        look(bench)
        wait_flagged(bench, AFFECTED, sorted((a, b)), "the list is there")
        answer = client.call("SecurityAudit")
        rows, _ = bench.call(AUDIT, "ListVulnerabilities", "a{sv}", {})
        confirmed = [(r[0], r[3]) for r in rows if r[5] != "unconfirmed"]
        same([(name, flaw["id"]) for name, flaws in answer["vulnerabilities"] for flaw in flaws],
             confirmed, "the same flaws in the same order")
        same((answer["total_vulnerabilities"], answer["high_severity"]), (2, 1), "numbers")
        same(client.call("Status")["security_vulnerabilities"], 2, "of Status")


@test("a tracker that is off counts for nothing, whatever was fetched")
def switched_off():
    with Bench() as bench:
        bench.start().wait_loaded()
        (a, version), _ = get_two(bench)
        put_tracker(bench, [group(1, a, version)])
        look(bench)
        wait_flagged(bench, AFFECTED, [a], "the list is there")
        bench.drop_in("off", "[tracker]\nenabled = false\n")
        bench.process.send_signal(signal.SIGHUP)
        wait_flagged(bench, AFFECTED, [], "off")


@test("an update that ends a flaw is a security update; what is installed is looked at by itself")
def updates():
    with Bench() as bench:
        bench.start().wait_loaded()
        rows = bench.list("ListUpdates")[0]
        row = next(r for r in rows if not r[6] & ~2)
        name, old, new = row[:3]
        put_tracker(bench, [group(1, name, old, new)])
        look(bench)
        wait_until(lambda: [r[0] for r in bench.list("ListUpdates")[0] if r[6] & SECURITY]
                   == [name], 10, "it is a security update")
        folder = os.path.join(bench.local, "%s-%s" % (name, old))
        shutil.rmtree(folder)
        wait_until(lambda: name not in [r[0] for r in bench.list("ListInstalled")[0]], 10,
                   "removed")
        same(flagged(bench, AFFECTED), [], "and clean")



def ask(bench, fake, **more):
    """Both feeds are that server's."""
    settings = {"tracker": 3600, "osv": 86400}
    settings.update(more)
    bench.drop_in("20-feeds", "[sync]\ntracker=%(tracker)d\nosv=%(osv)d\n" % settings
                  + "[tracker]\nurl=%s\n[osv]\nurl=%s\n" % (fake.url(), fake.url()))


def refresh(bench, *what, **how):
    """Waits for its end: (status, error, message, result)."""
    path = bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", list(what), omgtest.options(**how))[0]
    return wait_until(lambda: bench.job_result(path), 20, "the end of the job")


@test("nobody has to ask: the feeds are fetched by themselves, once")
def by_itself():
    with Bench() as bench, httpfake.HttpFake() as fake:
        bench.start().wait_loaded()
        (a, version), _ = get_two(bench)
        bench.stop()
        fake.tracker([group(1, a, version)])
        fake.osv({})
        ask(bench, fake)
        bench.start().wait_loaded()
        wait_until(lambda: flagged(bench, AFFECTED) == [a], 90, "by itself")
        details = os.path.join(bench.folder, "cache", "advisories", "tracker", "AVG-1.json")
        wait_until(lambda: os.path.exists(details), 10, "the details of what was found")
        bench.stop()
        bench.start().wait_loaded()
        wait_flagged(bench, AFFECTED, [a], "after a restart")
        same(len(fake.of("/issues/all.json")), 1, "asked once")
        same(len(fake.of("/AVG-1.json")), 1, "once, too")


@test("a fault in osv-names.conf is told of at once, and no more once it is mended")
def names():
    with Bench() as bench, httpfake.HttpFake() as fake:
        fake.osv({})
        fake.tracker([group(1, "absent", "1-1")])
        ask(bench, fake)
        bench.start().wait_loaded()
        path = bench.call(AUDIT, "Scan", "a{sv}", {})[0]
        wait_until(lambda: bench.job_result(path), 20, "the scan")
        file = os.path.join(bench.config, "osv-names.conf")

        def get_sources():
            meta = bench.call(AUDIT, "ListVulnerabilities", "a{sv}", {})[1]
            return [source for source, _ in meta["errors"]]
        for text, sources in (("[Packages]\na=nonsense\n", ["osv-names.conf"]),
                              ("[Packages]\na=PyPI:a\n", []), ("[Nonsense]\n", ["osv-names.conf"]),
                              ("", [])):
            with open(file, "w", encoding="utf-8") as f:
                f.write(text)
            bench.process.send_signal(signal.SIGHUP)
            wait_until(lambda: get_sources() == sources, 10, "%r: %s" % (text, sources))
        same(bench.properties(AUDIT)["ScanState"], "ok", "in the end")


@test("a scan asks at once; a refresh of advisories that fails says why and leaves what is known")
def asked_for():
    with Bench() as bench, httpfake.HttpFake() as fake:
        fake.osv({})
        fake.tracker([])
        ask(bench, fake)
        bench.start().wait_loaded()
        (a, version), (b, b_version) = get_two(bench)
        fake.tracker([group(1, a, version), group(2, b, b_version)])
        path = bench.call(AUDIT, "Scan", "a{sv}", {})[0]
        same(wait_until(lambda: bench.job_result(path), 20, "the scan")[:2], (0, ""), "the job")
        same(flagged(bench, AFFECTED), sorted((a, b)), "in force when the job ends")
        fake.answer("/issues/all.json", httpfake.Reply(b"x", 500))
        status, error, message, _ = refresh(bench, "advisories")
        same((status, error), (1, "org.omgd1.Error.Network"), message)
        same(flagged(bench, AFFECTED), sorted((a, b)), "what was known stays")


RECORD = {"id": "GHSA-lost", "modified": "2022-01-01T00:00:00Z", "aliases": [],
          "affected": [{"package": {"ecosystem": "PyPI", "name": "requests"},
                        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]}


@test("deleted feeds are asked again by themselves, and nothing looks clean meanwhile")
def lost():
    for with_index in (True, False):
        with Bench() as bench, httpfake.HttpFake() as fake:
            bench.start().wait_loaded()
            a, version = next((r[0], r[4]) for r in bench.list("ListInstalled")[0]
                              if not r[0].startswith("python"))
            bench.stop()
            fake.tracker([group(1, a, version)])
            fake.osv({"requests": [RECORD]})
            ask(bench, fake)
            bench.start().wait_loaded()
            same(refresh(bench, "advisories")[:2], (0, ""), "the job")
            both = sorted((a, "python-requests"))
            same(flagged(bench, AFFECTED), both, "both feeds")
            bench.stop()
            shutil.rmtree(os.path.join(bench.folder, "cache", "advisories"))
            if not with_index:
                os.unlink(os.path.join(bench.data, "advisories.idx"))
            asked = len(fake.of("/issues/all.json"))
            bench.start().wait_loaded()
            if with_index:
                same(flagged(bench, AFFECTED), both, "of the index")
            else:
                # The list waits for the first load; until then Status shows what was stored.
                same(flagged(bench, AFFECTED), [], "no flags")
                same((bench.properties(AUDIT)["ScanState"],
                      bench.properties()["VulnerablePackages"]), ("never", 0xFFFFFFFF),
                     "nothing is known")
            # One after the other: what the first brings must not cost what is known of the other.
            end = time.monotonic() + 90 * omgtest.SLOW
            while len(fake.of("/issues/all.json")) == asked or len(fake.of("/v1/querybatch")) < 2:
                if with_index:
                    same(flagged(bench, AFFECTED), both, "meanwhile")
                same(time.monotonic() < end, True, "both are asked again")
                time.sleep(0.05)
            wait_flagged(bench, AFFECTED, both, "both again")
            same(bench.properties(AUDIT)["ScanState"], "ok", "the state")


@test("what omgd.conf lets nobody ask is not asked, and a job for it alone says so")
def nobody():
    with Bench() as bench, httpfake.HttpFake() as fake:
        fake.osv({})
        fake.tracker([])
        ask(bench, fake, tracker=0, osv=0)
        bench.start().wait_loaded()
        status, error, message, _ = refresh(bench, "advisories")
        same((status, error), (1, "org.omgd1.Error.Unavailable"), message)
        same(refresh(bench)[0], 0, "a refresh of everything")
        same(len(fake.requests), 0, "nobody was asked")


omgtest.run_tests()
