#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The security feeds, one pass at a time: what comes from a tracker and an OSV that do everything
wrong, what is kept, and what is asked again.

usage: test-feeds.py DRIVE_FEEDS"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

from httpfake import PORTAL, FakeOsv, HttpFake, Reply, gzip_bomb, json_reply, redirect  # noqa: E402
from omgtest import SLOW, program, run_tests, same, test

DRIVE = sys.argv.pop(1)
TIME = 1700000000
NETWORK, INVALID, LIMITED, UNAVAILABLE, OFFLINE, CANCELLED, LIMITS = (
    "org.omgd1.Error.Network", "org.omgd1.Error.UpstreamInvalid",
    "org.omgd1.Error.UpstreamRateLimited", "org.omgd1.Error.Unavailable",
    "org.omgd1.Error.Offline", "org.omgd1.Error.Cancelled",
    "org.freedesktop.DBus.Error.LimitsExceeded")
DAY_USEC = 86400 * 10**6


def group(number, **more):
    return dict({"name": "AVG-%d" % number, "packages": ["bash", "zlib"], "status": "Vulnerable",
                 "severity": "High", "type": "denial of service", "affected": "1.0-1",
                 "fixed": "1.1-1", "ticket": None, "issues": ["CVE-2022-%d" % (1000 + number)],
                 "advisories": ["ASA-1", "ASA-1"]}, **more)


def stamp(day):
    return "2022-01-%02dT00:00:00.123456Z" % day


def record(name, day=1, **more):
    return dict({"id": name, "modified": stamp(day), "aliases": [],
                 "affected": [{"package": {"ecosystem": "PyPI", "name": "requests"},
                               "ranges": [{"type": "ECOSYSTEM", "events": [
                                   {"introduced": "0"}, {"fixed": "2.0"}]}]}]}, **more)


class Feeds:
    """A folder with cache and data, and passes in it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="omg-feeds-")
        for name in ("cache", "data"):
            os.mkdir(os.path.join(self.folder, name), 0o700)
        self.index = program("OMG_INDEX_HELPER")
        self.fetch = program("OMG_FETCH_HELPER")
        self.hasty = self.script("fetch", 'exec %s --api-sec=2 --stall-sec=2 "$@"' % self.fetch)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def script(self, name, body):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n%s\n" % body)
        os.chmod(path, 0o755)
        return path

    def path(self, *names):
        return os.path.join(self.folder, "cache/advisories", *names)

    def run(self, tracker=None, osv=None, groups=(), questions=(), options=(), hasty=False):
        """What a pass reports. hasty: omgd-fetch waits for two seconds only."""
        command = [DRIVE, self.folder, *options]
        command += ["--tracker=" + tracker] if tracker else []
        command += ["--osv=" + osv] if osv else []
        command += ["--group=AVG-%d" % number for number in groups]
        command += ["--question=PyPI %s 1.0" % name for name in questions]
        environment = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
        environment.update(OMG_FETCH_HELPER=self.hasty if hasty else self.fetch,
                           OMG_INDEX_HELPER=self.index)
        done = subprocess.run(command, env=environment, capture_output=True, text=True,
                              timeout=100 * SLOW)
        self.log = done.stderr
        if done.returncode:
            raise AssertionError("drive-feeds: exit code %d\n%s" % (done.returncode, done.stderr))
        same(os.listdir(self.path("staging")), [], "staging")
        said = json.loads(done.stdout)
        self.feeds = said["feeds"]
        return said

    def track(self, fake, *groups, **more):
        return self.run(tracker=fake.url(), groups=groups, **more)["tracker"]

    def ask(self, fake, *questions, **more):
        return self.run(osv=fake.url(), questions=questions, **more)["osv"]

    def read(self, *names):
        path = self.path(*names)
        if not os.path.exists(path):
            return None
        with open(path, encoding="utf-8") as f:
            return f.read()

    def listed(self):
        text = self.read("tracker.json")
        return text and [g["name"] for g in json.loads(text)]

    def records(self):
        """Id → day of the records at hand."""
        found = {}
        for name in os.listdir(self.path("osv")) if os.path.exists(self.path("osv")) else ():
            value = json.loads(self.read("osv", name))
            same(name, value["id"] + ".json", "name of a record")
            found[value["id"]] = int(value["modified"][8:10])
        return found

    def age(self, days, *ids):
        """As if that many days had passed since an answer named these, and they were read."""
        lines = self.read("osv-notes").splitlines()
        for number, line in enumerate(lines):
            words = line.split(" ")
            if words[0] in ids:
                words[3:5] = [str(int(w) - days * DAY_USEC) for w in words[3:5]]
                lines[number] = " ".join(words)
        with open(self.path("osv-notes"), "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")


def good(report, **numbers):
    same({k: report[k] for k in numbers}, numbers, "report %r" % (report,))
    same(report.get("message"), None, "error")


def bad(report, error, *texts):
    same(report.get("error"), error, "error of %r" % (report,))
    for text in texts:
        if text not in report["message"]:
            raise AssertionError("%r does not say %r" % (report["message"], text))


# The tracker ----------------------------------------------------------------------------------


@test("the list comes into its place, details too, and what is unchanged is not sent again")
def tracker_stored():
    with HttpFake() as fake, Feeds() as feeds:
        fake.tracker([group(3), group(1), group(2)], modified=TIME)
        good(feeds.track(fake, 1, 3, 9), asked=3, new=3, left=0, pause=0)
        same(feeds.listed(), ["AVG-3", "AVG-1", "AVG-2"], "list")
        same(sorted(os.listdir(feeds.path("tracker"))), ["AVG-1.json", "AVG-3.json"], "details")
        same(json.loads(feeds.read("tracker/AVG-1.json"))["references"], [], "of the details")
        same((feeds.feeds["tracker"]["state"], feeds.feeds["tracker"]["as-of"]),
             ("ok", TIME * 10**6), "state")
        same(feeds.feeds["osv"]["state"], "never", "state of what was not asked")
        same(os.stat(feeds.path()).st_mode & 0o777, 0o700, "mode of the folder")
        before = os.stat(feeds.path("tracker.json"))
        good(feeds.track(fake, 1, 3, 9), asked=1, new=0)
        same(os.stat(feeds.path("tracker.json")), before, "list")
        same(fake.requests[-1].headers["If-None-Match"] is not None, True, "validator")
        good(feeds.track(fake, options=["--force"]), asked=1, new=1)
        same(fake.requests[-1].headers["If-None-Match"], None, "validator of a forced pass")
        same(feeds.feeds["tracker"]["as-of"], TIME * 10**6, "time of the list")


@test("details are asked for again when their group changed, and not when its order did")
def tracker_changed():
    with HttpFake() as fake, Feeds() as feeds:
        fake.tracker([group(1), group(2)])
        feeds.track(fake, 1, 2)
        fake.tracker([group(2, fixed=None), group(1, packages=["zlib", "bash"])])
        good(feeds.track(fake, 1, 2), asked=2, new=2)
        same((len(fake.of("/AVG-1.json")), len(fake.of("/AVG-2.json"))), (1, 2), "requests")
        same(json.loads(feeds.read("tracker/AVG-2.json"))["fixed"], None, "details")
        good(feeds.track(fake, 1, options=["--force"]), asked=2, new=2)


@test("the tracker's 308 is followed")
def tracker_moved():
    with HttpFake() as fake, HttpFake() as other, Feeds() as feeds:
        other.tracker([group(1)])
        fake.answer("/issues/all.json", redirect(other.url("/issues/all.json"), 308))
        good(feeds.track(fake), new=1)


@test("an older list is refused, by its date or else its newest group, and force takes it")
def tracker_older():
    with HttpFake() as fake, Feeds() as feeds:
        fake.tracker([group(1), group(5)], modified=TIME)
        feeds.track(fake)
        fake.tracker([group(9)], modified=TIME - 1)
        report = feeds.track(fake)
        bad(report, INVALID, "stale", fake.url("/issues/all.json"))
        same((report["older"], report["new"], feeds.listed()), (1, 0, ["AVG-1", "AVG-5"]), "list")
        state = feeds.feeds["tracker"]
        same((state["state"], state["error"], state["as-of"]), ("stale", INVALID, TIME * 10**6),
             "state")
        same(state["good"] < state["checked"], True, "times")
        good(feeds.track(fake, options=["--force"]), new=1, older=0)
        same(feeds.listed(), ["AVG-9"], "list")
        # A date that is newer counts more than numbers.
        fake.tracker([group(4)], modified=TIME + 1)
        good(feeds.track(fake), new=1)
        fake.tracker([group(3)])
        bad(feeds.track(fake), INVALID, "stale")
        fake.tracker([group(4), group(3)])
        good(feeds.track(fake), new=1)


WRONG = {
    "cut": (Reply(b'[{"name":', length=500), NETWORK),
    "half a list": (Reply(b'[{"name":"AVG-1"', headers={"Content-Type": "application/json"}),
                    INVALID),
    "stalled": (Reply(json.dumps([group(1)]), stall=20), NETWORK),
    "slow": (Reply(b" " * 9000, pause=4), NETWORK),
    "hung up": (Reply(hang_up=True), NETWORK),
    "404": (Reply(b'{"message": "404: Not Found"}', 404), INVALID),
    "410": (Reply(b"gone", 410), INVALID),
    "500": (Reply(b"oh", 500), NETWORK),
    "502": (Reply(PORTAL, 502), NETWORK),
    "a short length": (Reply(json.dumps([group(1)]), length=30), INVALID),
    "a page": (Reply(PORTAL, headers={"Content-Type": "text/html"}), INVALID),
    "a page that says that it is JSON": (
        Reply(b"\n  " + PORTAL, headers={"Content-Type": "application/json"}), INVALID),
    "endless": (Reply(b"[" * 65536, endless=True), INVALID),
    "a bomb": (Reply(gzip_bomb(64 << 20), headers={"Content-Encoding": "gzip"}), INVALID),
    "no JSON": (Reply(b"[1, 2"), INVALID),
    "a comment": (Reply(b"/* */" + json.dumps([group(1)]).encode()), INVALID),
    "deep": (Reply(b"[" * 5000 + b"]" * 5000), INVALID),
    "an object": (json_reply({"name": "AVG-1"}), INVALID),
    "nothing": (json_reply([]), INVALID),
    "no bytes": (Reply(b""), INVALID),
    "no sense": (json_reply([{"name": "AVG-1"}, 5]), INVALID),
    "a loop": (redirect("/issues/all.json"), INVALID),
}


@test("what is wrong with the list costs nothing of what is here, and says why")
def tracker_wrong():
    with HttpFake() as fake, Feeds() as feeds:
        fake.tracker([group(1), group(2)])
        feeds.track(fake, 1)
        for name, (reply, error) in WRONG.items():
            fake.answer("/issues/all.json", reply)
            report = feeds.track(fake, 1, 2, hasty=name in ("slow", "stalled"))
            try:
                bad(report, error, fake.url("/issues/all.json"))
            except AssertionError as wrong:
                raise AssertionError("%s: %s" % (name, wrong)) from wrong
            state = feeds.feeds["tracker"]
            same((state["state"], state["error"], state["message"]),
                 ("failed", error, report["message"]), "state: " + name)
            same((feeds.listed(), report["new"]), (["AVG-1", "AVG-2"], 0), "list: " + name)
            same(os.listdir(feeds.path("tracker")), ["AVG-1.json"], "details: " + name)
        same(len(fake.of("/AVG-2.json")), 0, "requests for details without a list")
        fake.tracker([group(1), group(2)])
        good(feeds.track(fake, 1), new=1)
        same(feeds.feeds["tracker"]["message"], "", "message")
    with Feeds() as feeds:
        report = feeds.track(fake)
        bad(report, NETWORK, "/issues/all.json")
        same((feeds.feeds["tracker"]["state"], feeds.feeds["tracker"]["good"]), ("failed", 0),
             "state of what never came")


@test("duplicates and nonsense among groups cost themselves")
def tracker_dirt():
    with HttpFake() as fake, Feeds() as feeds:
        fake.tracker([group(1), group(1), group(2, name="../../AVG-7"), group(3)])
        good(feeds.track(fake, 1, 3, 7), asked=3, new=3)
        same(sorted(os.listdir(feeds.path("tracker"))), ["AVG-1.json", "AVG-3.json"], "details")


@test("a server that wants a pause is left alone for so long, in later passes too")
def tracker_paused():
    with HttpFake() as fake, Feeds() as feeds:
        fake.tracker([group(1)])
        feeds.track(fake)
        fake.answer("/issues/all.json", Reply(b"", 429, {"Retry-After": "300"}))
        report = feeds.track(fake)
        bad(report, LIMITED, "429")
        same((report["pause"], report["was-asked"]), (300, True), "pause")
        report = feeds.track(fake, options=["--force"])
        bad(report, LIMITED, "wants not to be asked")
        same((report["was-asked"], 0 < report["pause"] <= 300), (False, True), "pause")
        same(len(fake.requests), 2, "requests")
        same(feeds.feeds["tracker"]["error"], LIMITED, "state")
        fake.answer("/v1/querybatch", Reply(b"", 503, {"Retry-After": "200"}))
        report = feeds.ask(fake, "a")
        bad(report, LIMITED, "503")
        same(report["pause"], 200, "pause of OSV")
        same(feeds.ask(fake, "a")["was-asked"], False, "OSV asked again")


@test("a list that was damaged here is fetched wholly, though the server says that it is unchanged")
def tracker_damaged():
    with HttpFake() as fake, Feeds() as feeds:
        fake.tracker([group(1)], modified=TIME)
        feeds.track(fake)
        with open(feeds.path("tracker.json"), "w", encoding="utf-8") as f:
            f.write("[")
        good(feeds.track(fake), new=1)
        same(feeds.listed(), ["AVG-1"], "list")
        os.unlink(feeds.path("tracker.json"))
        good(feeds.track(fake), new=1)


@test("details come at a pace below the tracker's, and what fails of them is left for later")
def tracker_details():
    with HttpFake() as fake, Feeds() as feeds:
        wanted = range(1, 12)
        fake.tracker([group(n) for n in wanted])
        fake.answer("/AVG-2.json", json_reply({"message": "404: Not Found"}, 404))
        fake.answer("/AVG-3.json", json_reply(group(4)))
        fake.answer("/AVG-4.json", Reply(PORTAL, headers={"Content-Type": "text/html"}))
        fake.answer("/AVG-5.json", Reply(b"{"))
        good(feeds.track(fake, *wanted), asked=12, new=8, left=3)
        same(sorted(os.listdir(feeds.path("tracker"))),
             sorted("AVG-%d.json" % n for n in (1, 6, 7, 8, 9, 10, 11)), "details")
        times = sorted(r.time for r in fake.requests)
        pace = min(times[n + 4] - times[n] for n in range(len(times) - 4))
        same(pace > 0.99, True, "five requests within %g s" % pace)
        same(feeds.feeds["tracker"]["state"], "ok", "state")
        fake.tracker([group(n) for n in wanted])
        good(feeds.track(fake, *wanted), asked=5, new=5, left=0)


@test("the tracker's 429 among details ends them, and not the list")
def tracker_details_paused():
    with HttpFake() as fake, Feeds() as feeds:
        fake.tracker([group(n) for n in range(1, 13)])
        for number in range(1, 13):
            fake.answer("/AVG-%d.json" % number, Reply(b"", 429, {"Retry-After": "60"}))
        report = feeds.track(fake, *range(1, 13))
        good(report, new=1, left=12, pause=60)
        same(len(fake.requests) <= 5, True, "requests: %d" % len(fake.requests))


# OSV ------------------------------------------------------------------------------------------


@test("records come into their place, and only those that were modified come again")
def osv_stored():
    with HttpFake() as fake, Feeds() as feeds:
        osv = fake.osv({"a": [record("GHSA-1"), record("PYSEC-2:x+y")], "b": [record("GHSA-1")]})
        fake.answer("/v1/vulns/PYSEC-2:x%2By", json_reply(record("PYSEC-2:x+y")))
        good(feeds.ask(fake, "a", "b", "c"), asked=3, new=2, left=0, refused=0)
        same(feeds.records(), {"GHSA-1": 1, "PYSEC-2:x+y": 1}, "records")
        same(osv.batches, [[{"package": {"name": n, "ecosystem": "PyPI"}, "version": "1.0"}
                            for n in ("a", "b", "c")]], "questions")
        same(feeds.feeds["osv"]["state"], "ok", "state")
        good(feeds.ask(fake, "a", "b", "c"), new=0)
        same(len(fake.requests), 4, "requests")
        osv.named["b"] = [record("GHSA-1", 2)]
        osv.serve(record("GHSA-1", 2))
        good(feeds.ask(fake, "a", "b", "c"), new=1)
        same(feeds.records(), {"GHSA-1": 2, "PYSEC-2:x+y": 1}, "records")
        good(feeds.ask(fake, "a", options=["--force"]), new=2)
        index = subprocess.run(
            [feeds.index, "advisories", "--output", os.path.join(feeds.folder, "data/a.idx"),
             "--osv", feeds.path("osv")], capture_output=True, text=True, check=True, timeout=60)
        same(json.loads(index.stdout)["records"], 2, "records that omgd-index takes")


@test("pages are asked for one by one, of the questions alone that have more")
def osv_pages():
    with HttpFake() as fake, Feeds() as feeds:
        osv = fake.osv({"a": [record("A-%d" % n) for n in range(5)], "b": [record("B-1")]})
        osv.page, osv.late = 2, 1
        good(feeds.ask(fake, "a", "b", "c"), asked=3, new=6)
        same([[(q["package"]["name"], q.get("page_token")) for q in b] for b in osv.batches],
             [[("a", None), ("b", None), ("c", None)], [("a", "1 0"), ("b", "1 0"), ("c", "1 0")],
              [("a", "1 2")], [("a", "1 4")]], "questions")


@test("tokens without an end are an end, and what is known is kept")
def osv_endless():
    with HttpFake() as fake, Feeds() as feeds:
        osv = fake.osv({"a": [record("A-1")], "b": [record("B-1")]})
        osv.change = lambda answer: answer["results"][0].update(next_page_token="0 0")
        report = feeds.ask(fake, "a", "b")
        bad(report, INVALID, "1 of 2 questions were not answered wholly")
        same((len(osv.batches), feeds.records()), (200, {"A-1": 1, "B-1": 1}), "what came")


@test("a question that OSV does not take costs itself")
def osv_refused():
    with HttpFake() as fake, Feeds() as feeds:
        names = ["n%03d" % n for n in range(100)]
        osv = fake.osv({n: [record("X-" + n)] for n in names})
        osv.bad = {"n007", "n077"}
        good(feeds.ask(fake, *names), asked=100, refused=2, new=98)
        same(len(osv.batches) < 35, True, "requests: %d" % len(osv.batches))
        same("PyPI n007 1.0" in feeds.log or "PyPI n077 1.0" in feeds.log, True, "log")


@test("a server that takes no question at all is an error, and nothing goes")
def osv_all_refused():
    with HttpFake() as fake, Feeds() as feeds:
        osv = fake.osv({"a": [record("A-1")]})
        feeds.ask(fake, "a", "b")
        feeds.age(60, "A-1")
        osv.bad = {"a", "b"}
        report = feeds.ask(fake, "a", "b")
        # Both are asked alone in the end, and at once: either answer may come first.
        bad(report, INVALID, "no question is taken, such as that about PyPI ")
        same(report["message"].rsplit(" ", 2)[1:] in (["a", "1.0"], ["b", "1.0"]), True, report)
        same((report["refused"], feeds.records()), (2, {"A-1": 1}), "what is here")
        same(feeds.feeds["osv"]["state"], "failed", "state")


@test("thousands of questions go out in batches that OSV takes, and nothing else is named")
def osv_batches():
    with HttpFake() as fake, Feeds() as feeds:
        names = ["n%04d" % n for n in range(2300)]
        osv = fake.osv({"n2222": [record("X-1")]})
        good(feeds.ask(fake, *names), asked=2300, new=1)
        same(sorted(len(b) for b in osv.batches), [300, 1000, 1000], "batches")
        same(sorted(q["package"]["name"] for b in osv.batches for q in b), names, "names")
        same({r.path for r in fake.requests}, {"/v1/querybatch", "/v1/vulns/X-1"}, "paths")
        same(fake.most_at_once <= 2, True, "requests at once")


ANSWERS = {
    "more answers than questions": lambda a: a["results"].extend([{}, {}]),
    "fewer": lambda a: a["results"].pop(),
    "none": lambda a: a.clear(),
    "no objects": lambda a: a.update(results=[1, 2]),
    "no list": lambda a: a["results"][0].update(vulns={"id": "A-2"}),
    "a long token": lambda a: a["results"][0].update(next_page_token="x" * 5000),
}


@test("what is wrong with an answer costs nothing of what is here, and says why")
def osv_wrong():
    with HttpFake() as fake, Feeds() as feeds:
        osv = fake.osv({"a": [record("A-1")], "b": []})
        feeds.ask(fake, "a", "b")
        osv.named["a"].append(record("A-2"))
        osv.serve(record("A-2"))
        for name, change in ANSWERS.items():
            osv.change = change
            report = feeds.ask(fake, "a", "b")
            bad(report, INVALID, fake.url("/v1/querybatch"))
            same((feeds.records(), report["new"]), ({"A-1": 1}, 0), "records: " + name)
        osv.change = None
        wrong = {k: v for k, v in WRONG.items() if k != "a loop"}
        for name, (reply, error) in wrong.items():
            fake.answer("/v1/querybatch", reply)
            report = feeds.ask(fake, "a", "b", hasty=name in ("slow", "stalled"))
            try:
                bad(report, error, fake.url("/v1/querybatch"))
            except AssertionError as why:
                raise AssertionError("%s: %s" % (name, why)) from why
            same(feeds.feeds["osv"]["state"], "failed", "state: " + name)
            same(feeds.records(), {"A-1": 1}, "records: " + name)


@test("ids that are none are no answer, and a record of another id comes to nothing")
def osv_ids():
    with HttpFake() as fake, Feeds() as feeds:
        for name in ("../../data/x", "A/B", "", "x" * 101):
            fake.osv({"a": [record(name), record("A-1")]})
            bad(feeds.ask(fake, "a"), INVALID, "ids that make no sense")
            same(feeds.records(), {}, "records")
        osv = fake.osv({"a": [record("A-1"), record("A-2")]})
        osv.fake.answer("/v1/vulns/A-2", json_reply(record("A-1", 9)))
        report = feeds.ask(fake, "a")
        bad(report, INVALID, "another record came")
        same((feeds.records(), report["left"]), ({"A-1": 1}, 1), "records")
        same(sorted(os.listdir(feeds.path())),
             ["osv", "osv-notes", "staging", "tracker"], "files")


@test("what is wrong with a record costs that record, and says so")
def osv_records_wrong():
    with HttpFake() as fake, Feeds() as feeds:
        wrong = {k: v for k, v in WRONG.items()
                 if v[1] == INVALID and k not in ("404", "410", "nothing", "no sense", "a loop")}
        osv = fake.osv({"a": [record("A-%02d" % n) for n in range(len(wrong) + 1)]})
        for number, (reply, _error) in enumerate(wrong.values()):
            fake.answer("/v1/vulns/A-%02d" % number, reply)
        report = feeds.ask(fake, "a")
        bad(report, INVALID, "/v1/vulns/A-")
        same((feeds.records(), report["left"]), ({"A-%02d" % len(wrong): 1}, len(wrong)), "records")
        same(feeds.feeds["osv"]["state"], "failed", "state")
        for records in osv.named["a"]:
            osv.serve(records)
        good(feeds.ask(fake, "a"), new=len(wrong), left=0)


@test("a server that dies among the records, or wants a pause, is not asked on")
def osv_stopped():
    with HttpFake() as fake, Feeds() as feeds:
        names = ["A-%03d" % n for n in range(200)]
        fake.osv({"a": [record(n) for n in names]})
        for name in names[70:]:
            fake.answer("/v1/vulns/" + name, Reply(hang_up=True))
        report = feeds.ask(fake, "a")
        bad(report, NETWORK, "/v1/vulns/A-07")
        came = report["new"]
        same((came in (68, 69, 70), came + report["left"], len(fake.requests) < 130),
             (True, 200, True), "what came: %r" % (report,))
        for name in names:
            fake.answer("/v1/vulns/" + name, Reply(b"", 429, {"Retry-After": "30"}))
        before = len(fake.requests)
        report = feeds.ask(fake, "a")
        bad(report, LIMITED, "429")
        same((report["new"], report["pause"], len(fake.requests) - before < 66), (0, 30, True),
             "what came: %r" % (report,))


@test("what no answer names any more is read again: withdrawn and absent ones go, others stay")
def osv_unnamed():
    with HttpFake() as fake, Feeds() as feeds:
        ids = ("A-1", "A-2", "A-3", "A-4", "A-5")
        osv = fake.osv({"a": [record(n) for n in ids]})
        good(feeds.ask(fake, "a"), new=5)
        osv.named["a"] = [record("A-5")]
        osv.serve(record("A-1", 1, withdrawn=stamp(3)))
        osv.drop("A-2")
        osv.serve(record("A-4", 4))
        before = len(fake.requests)
        good(feeds.ask(fake, "a"), new=0)
        same(len(fake.requests) - before, 1, "requests for what was read hours ago")
        feeds.age(1, *ids)
        good(feeds.ask(fake, "a"), new=3, left=0)
        same(feeds.records(), {"A-3": 1, "A-4": 4, "A-5": 1}, "records")
        same(sorted(r.path for r in fake.requests[-4:]), ["/v1/vulns/A-%d" % n for n in
                                                          (1, 2, 3, 4)], "read again")
        # A downgrade: all that is known of it is here, and may be asked for again.
        good(feeds.ask(fake, "a"), new=0)
        feeds.age(29, "A-3", "A-4")
        fake.answer("/v1/querybatch", Reply(b"", 500))
        bad(feeds.ask(fake, "a"), NETWORK, "500")
        feeds.age(29, "A-3", "A-4")
        bad(feeds.ask(fake, "a"), NETWORK, "500")
        same(feeds.records(), {"A-3": 1, "A-4": 4, "A-5": 1}, "records that nobody could ask about")
        fake.handle("/v1/querybatch", osv.batch)
        good(feeds.ask(fake, "a"), new=2)
        same(feeds.records(), {"A-5": 1}, "records after a month without a name")


@test("a withdrawn record that is named goes too, and is not asked for without end")
def osv_withdrawn():
    with HttpFake() as fake, Feeds() as feeds:
        osv = fake.osv({"a": [record("A-1"), record("A-2")]})
        feeds.ask(fake, "a")
        osv.named["a"] = [record("A-1", 2), record("A-2")]
        osv.serve(record("A-1", 2, withdrawn=stamp(2)))
        good(feeds.ask(fake, "a"), new=1, left=0)
        same(feeds.records(), {"A-2": 1}, "records")


@test("a record that OSV names and does not have is not known, and what is here of it stays")
def osv_absent():
    with HttpFake() as fake, Feeds() as feeds:
        osv = fake.osv({"a": [record("A-1"), record("A-2")]})
        osv.drop("A-2")
        report = feeds.ask(fake, "a")
        bad(report, INVALID, "/v1/vulns/A-2", "does not have it")
        same((report["new"], report["left"]), (1, 1), "records")
        osv.named["a"][0] = record("A-1", 2)
        osv.drop("A-1")
        bad(feeds.ask(fake, "a"), INVALID, "does not have it")
        same(feeds.records(), {"A-1": 1}, "records")


@test("an older record is refused and said to be stale, and force takes it")
def osv_older():
    with HttpFake() as fake, Feeds() as feeds:
        osv = fake.osv({"a": [record("A-1", 5), record("A-2", 5)]})
        feeds.ask(fake, "a")
        osv.named["a"] = [record("A-1", 4), record("A-2", 6)]
        osv.serve(record("A-1", 4))
        osv.serve(record("A-2", 3))
        report = feeds.ask(fake, "a")
        bad(report, INVALID, "stale", "2 records are older")
        same((report["older"], feeds.records()), (2, {"A-1": 5, "A-2": 5}), "records")
        state = feeds.feeds["osv"]
        same((state["state"], state["error"]), ("stale", INVALID), "state")
        good(feeds.ask(fake, "a", options=["--force"]), older=0, new=2)
        same(feeds.records(), {"A-1": 4, "A-2": 3}, "records")


@test("a pass fetches a thousand records at most, and the next one the rest")
def osv_many():
    with HttpFake() as fake, Feeds() as feeds:
        osv = fake.osv({"a": [record("A-%04d" % n) for n in range(1100)]})
        report = feeds.ask(fake, "a")
        bad(report, LIMITS, "100 records are left")
        same((report["new"], report["left"], fake.most_at_once <= 2), (1000, 100, True), "came")
        same(feeds.feeds["osv"]["state"], "failed", "state")
        good(feeds.ask(fake, "a"), new=100, left=0)
        same((len(feeds.records()), len(osv.batches)), (1100, 2), "records")


@test("a record that is the end of omgd-index costs itself")
def osv_poison():
    with HttpFake() as fake, Feeds() as feeds:
        fake.osv({"a": [record("A-1"), record("A-2", details="POISON"), record("A-3")]})
        real = feeds.index
        feeds.index = feeds.script("index", """
case "$1" in judge-records) ;; *) exec %s "$@";; esac
shift; n=0
for file; do
    grep -q POISON "$file" && { [ $n = 0 ] || %s judge-records $list; kill -SEGV $$; }
    list="$list $file"; n=$((n + 1))
done
exec %s judge-records "$@" """ % (real, real, real))
        report = feeds.ask(fake, "a")
        bad(report, UNAVAILABLE, "/v1/vulns/A-2")
        same(feeds.records(), {"A-1": 1, "A-3": 1}, "records")


# Both -----------------------------------------------------------------------------------------


@test("offline only servers on this machine are asked, and what is not asked changes nothing")
def offline():
    with HttpFake() as fake, Feeds() as feeds:
        fake.tracker([group(1)])
        fake.osv({"a": [record("A-1")]})
        said = feeds.run(tracker=fake.url(), osv=fake.url(), questions=["a"],
                         options=["--offline"])
        good(said["tracker"], new=1)
        good(said["osv"], new=1)
        before = feeds.feeds
        said = feeds.run(tracker="http://192.0.2.1", osv="http://192.0.2.1", questions=["a"],
                         options=["--offline"])
        for name in ("tracker", "osv"):
            bad(said[name], OFFLINE)
            same(said[name]["was-asked"], False, "asked")
        same(feeds.feeds, before, "states")


@test("a cancelled pass keeps what is in its place, and leaves nothing behind")
def cancelled():
    with HttpFake() as fake, Feeds() as feeds:
        fake.tracker([group(1)])
        fake.osv({"a": [record("A-%03d" % n) for n in range(200)]})
        said = feeds.run(tracker=fake.url(), osv=fake.url(), questions=["a"],
                         options=["--cancel=80"])
        good(said["tracker"], new=1)
        bad(said["osv"], CANCELLED)
        same((feeds.feeds["tracker"]["state"], feeds.feeds["osv"]["state"]), ("ok", "never"),
             "states")
        kept = len(feeds.records())
        same(0 < kept < 200, True, "records: %d" % kept)
        good(feeds.ask(fake, "a"), new=200 - kept)
        fake.tracker([group(n) for n in range(1, 30)])
        said = feeds.run(tracker=fake.url(), osv=fake.url(), groups=range(1, 30),
                         questions=["a"], options=["--cancel=26"])
        for name in ("tracker", "osv"):
            bad(said[name], CANCELLED)
        same((said["tracker"]["new"] > 4, said["osv"]["was-asked"]), (True, False), "%r" % (said,))
        same(feeds.feeds["tracker"]["state"], "ok", "state of a list that came")
        fake.answer("/issues/all.json", Reply(b"[1234", stall=1))
        began = time.monotonic()
        said = feeds.run(tracker=fake.url(), osv=fake.url(), options=["--cancel=0"])
        for name in ("tracker", "osv"):
            bad(said[name], CANCELLED)
        same(time.monotonic() - began < 60, True, "time")


@test("a feed that takes too long ends, with what has come, and the next one has its turn")
def limited():
    with HttpFake() as fake, Feeds() as feeds:
        fake.answer("/issues/all.json", Reply(b"[1234", stall=1))
        fake.osv({"a": [record("A-%03d" % n) for n in range(70)]})
        fake.answer("/v1/vulns/A-069", Reply(b"{1234", stall=1))
        said = feeds.run(tracker=fake.url(), osv=fake.url(), questions=["a"],
                         options=["--limit=%d" % (3 * SLOW)])
        bad(said["tracker"], NETWORK, "it took longer than")
        bad(said["osv"], NETWORK, "it took longer than")
        same((said["osv"]["new"] + said["osv"]["left"], "A-069" in feeds.records()), (70, False),
             "records")
        wanted = range(1, 20 * int(SLOW))
        fake.tracker([group(n) for n in wanted])
        report = feeds.track(fake, *wanted, options=["--limit=%d" % (4 * SLOW)])
        good(report, asked=report["asked"])
        same(0 < report["left"] < len(wanted), True, "%r" % (report,))
        same(feeds.listed()[0], "AVG-1", "list")


@test("helpers that cannot be started, or say nothing, are said to be so")
def helpers():
    with HttpFake() as fake, Feeds() as feeds:
        fake.tracker([group(1)])
        fake.osv({"a": [record("A-1")]})
        for name, value in (("fetch", "/nonexistent/fetch"), ("index", "/nonexistent/index"),
                            ("index", feeds.script("silent", "exit 0")),
                            ("index", feeds.script("dead", "kill -9 $$")),
                            ("index", feeds.script("mad", "echo hello"))):
            old = getattr(feeds, name)
            setattr(feeds, name, value)
            said = feeds.run(tracker=fake.url(), osv=fake.url(), questions=["a"])
            setattr(feeds, name, old)
            if value != os.path.join(feeds.folder, "silent"):  # an answer may have nothing in it
                bad(said["osv"], UNAVAILABLE)
            bad(said["tracker"], UNAVAILABLE)
            same((feeds.listed(), feeds.records()), (None, {}), "what came")


@test("a folder that is not ours is an error, and nothing is asked")
def folders():
    with HttpFake() as fake, Feeds() as feeds:
        os.symlink("/", os.path.join(feeds.folder, "cache/advisories"))
        try:
            feeds.run(tracker=fake.url())
        except AssertionError as error:
            same("advisories" in str(error), True, "path in %s" % error)
        else:
            raise AssertionError("it began")
        same(fake.requests, [], "requests")


same(FakeOsv.MOST_QUERIES, 1000, "the batch that OSV takes")
run_tests()
