#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""OSV through the whole of omgd: what it is told and what it is not, what its records come to, and
what stays when it does not answer."""
import os
import shutil

import omgtest
from httpfake import HttpFake, Reply
from omgtest import Bench, omgroot, same, test, wait_until

AFFECTED = 32


def make_root(root):
    """Language packages of core, of somebody's repository, and of no repository; all installed."""
    def package(name, version):
        return omgroot.Package(name, version, DESC="a package").fill(1)

    core = [package("python-requests", "1:2.0-3"), package("python-yaml", "5.1-1"),
            package("bash", "5-1")]
    private = [package("python-secret", "1.0-1")]
    foreign = [package("python-mine", "1.0-1")]
    installed = [omgroot.as_installed(p, n, True) for n, p in enumerate(core + private + foreign)]
    omgroot.write_root(root, [("core", core), ("private", private)], installed)


def record(name, package, fixed, **more):
    return dict({"id": name, "modified": "2022-01-01T00:00:00Z", "summary": "a flaw", "aliases": [],
                 "affected": [{"package": {"ecosystem": "PyPI", "name": package},
                               "ranges": [{"type": "ECOSYSTEM", "events": [
                                   {"introduced": "0"}, {"fixed": fixed}]}]}]}, **more)


def ask(bench, fake, enabled="true"):
    bench.drop_in("20-feeds", "[sync]\nosv=86400\n[osv]\nurl=%s\nenabled=%s\n" % (fake.url(),
                                                                                 enabled))


def refresh(bench, **how):
    """Asks OSV; the status of the job and the name of its error."""
    path = bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", ["advisories"],
                      omgtest.options(**how))[0]
    return tuple(wait_until(lambda: bench.job_result(path), 30, "the end of the job")[:2])


def affected(bench):
    return sorted(row[0] for row in bench.list("ListInstalled")[0] if row[5] & AFFECTED)


def asked(osv):
    return sorted({(q["package"]["ecosystem"], q["package"]["name"], q["version"])
                   for batch in osv.batches for q in batch
                   if q["package"]["ecosystem"] == "PyPI"})


@test("OSV is told of official packages alone, by upstream's names, and its records are findings")
def told():
    with Bench(root=make_root) as bench, HttpFake() as fake:
        osv = fake.osv({"requests": [record("GHSA-1", "requests", "2.1")],
                        "pyyaml": [record("GHSA-2", "PyYAML", "5.0")]})
        ask(bench, fake)
        bench.start().wait_loaded()
        same(refresh(bench), (0, ""), "the job")
        same(asked(osv), [("PyPI", "pyyaml", "5.1"), ("PyPI", "requests", "2.0")], "questions")
        for request in fake.requests:
            for secret in (b"secret", b"mine", b"bash"):
                same(secret in request.body, False, "%s in a question" % secret)
        same(affected(bench), ["python-requests"], "what the ranges say")


@test("what OSV said stays when it does not answer, over a restart and without the cache folder")
def stays():
    with Bench(root=make_root) as bench, HttpFake() as fake:
        fake.osv({"requests": [record("GHSA-1", "requests", "2.1")]})
        ask(bench, fake)
        bench.start().wait_loaded()
        same(refresh(bench), (0, ""), "the job")
        fake.answer("/v1/querybatch", Reply(b"", 500))
        same(refresh(bench), (1, "org.omgd1.Error.Network"), "the job")
        same(affected(bench), ["python-requests"], "what was known")
        bench.stop()
        bench.start().wait_loaded()
        same(affected(bench), ["python-requests"], "after a restart")
        bench.stop()
        shutil.rmtree(os.path.join(bench.folder, "cache/advisories"))
        bench.start().wait_loaded()
        same(affected(bench), ["python-requests"], "without what it was made from")


@test("a record that is withdrawn is a finding no more")
def withdrawn():
    with Bench(root=make_root) as bench, HttpFake() as fake:
        osv = fake.osv({"requests": [record("GHSA-1", "requests", "2.1")],
                        "pyyaml": [record("GHSA-2", "pyyaml", "6.0")]})
        ask(bench, fake)
        bench.start().wait_loaded()
        same(refresh(bench), (0, ""), "the job")
        same(affected(bench), ["python-requests", "python-yaml"], "findings")
        osv.named["requests"] = []
        osv.serve(record("GHSA-1", "requests", "2.1", withdrawn="2022-02-02T00:00:00Z"))
        same(refresh(bench, force=True), (0, ""), "the job")
        same(affected(bench), ["python-yaml"], "findings")


@test("what is switched off is not asked, whatever is installed")
def off():
    with Bench(root=make_root) as bench, HttpFake() as fake:
        fake.osv({"requests": [record("GHSA-1", "requests", "2.1")]})
        ask(bench, fake, enabled="false")
        bench.start().wait_loaded()
        same(refresh(bench), (1, "org.omgd1.Error.Unavailable"), "the job")
        same(fake.requests, [], "requests")


omgtest.run_tests()
