#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""omgd's socket as omg and omg-fast use it, through a client that shares no code with it: every
request beside the real pacman and beside the same question on the bus."""

import atexit
import lzma
import os
import signal
import socket
import sys
import time

import omgtest
import omgwire
from omgsystems import parse_blocks
from omgtest import MANAGER, PACKAGES, SLOW, Bench, omgroot, pacman, pacman_lines, same, test, \
    wait_until
from omgwire import Client, Failed, request

UNDECODABLE, BAD, INTERNAL, NOT_FOUND, LIMITED = -32700, -32602, -32603, -1001, -1002
FRAME = 1 << 20
IDS = (0, 1, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, 2 ** 63 - 1, 2 ** 63, 2 ** 64 - 1)
BODIES = os.path.join(omgtest.HERE, "../unit/data/wire.xz")

_shared = []


class SocketBench(Bench):
    """conf: the text of omgd.conf; the default has no rate, which most tests would meet."""

    def __init__(self, conf="[limits]\nrate=0\n", **how):
        super().__init__(**how)
        self.configure(conf)

    def configure(self, conf):
        path = os.path.join(self.config, "omgd.conf")
        with open(path + ".new", "w", encoding="utf-8") as f:
            f.write(conf)
        os.rename(path + ".new", path)

    def client(self):
        return Client(os.path.join(self.runtime, "omg.sock"), 30 * SLOW)


def bench():
    """One omgd for most tests: none of them may harm it."""
    if not _shared:
        made = SocketBench()
        _shared.append(made)
        atexit.register(made.__exit__, None, None, None)
        made.start().wait_loaded()
    return _shared[0]


def fails(code, name, **fields):
    """The request is answered with that code, and a text; returns the text."""
    with bench().client() as client:
        return fails_on(client, code, name, **fields)


def fails_on(client, code, name, **fields):
    try:
        result = client.call(name, **fields)
    except Failed as failed:
        same(failed.code, code, "code of %s %.100r (%s)" % (name, fields, failed.message))
        if not failed.message:
            raise AssertionError("no text with the error of " + name) from None
        return failed.message
    raise AssertionError("%s %.100r gave %.200r" % (name, fields, result))


def ended(client):
    """Nothing more comes, and the connection is closed."""
    try:
        same(client.receive(), None, "after the last answer")
    except ConnectionResetError:
        raise AssertionError("reset instead of closed") from None


def is_undecodable(client):
    (kind, error), = client.receive().items()
    same((kind, error["id"], error["code"]), ("Error", 0, UNDECODABLE), "answer")
    ended(client)


# -- every request ------------------------------------------------------------------------------


@test("Ping, and ids from 0 to 2^64-1 come back")
def _():
    with bench().client() as client:
        for number in IDS:
            same(client.call("Ping", id=number), "pong", "Ping")
            for name in ("Status", "Explicit", "ExplicitCount", "CacheStats", "Metrics"):
                client.call(name, id=number)
            fails_on(client, NOT_FOUND, "Info", id=number, package="no-such-package")
            same(client.exchange(request("Batch", id=number, requests=[]))["Success"]["result"],
                 {"Batch": []}, "an empty batch")


def plain(text):
    """Without the blanks that may stand in a text that omg-fast would cut in a character."""
    return text.replace(" ", "")


@test("Search gives the rows of Packages.Search, in its order, with its total")
def _():
    with bench().client() as client:
        count = 0
        for query in ("firefox", "lib", "python", "a", "e", "-", "odd", "linux kernel", "Odd", "é",
                      "no such words", " ", "%", "library for", "firefox" * 70, "g" * 500):
            for limit, most in ((None, 50), (1, 1), (20, 20), (1000, 1000), (1001, 1000),
                                (2 ** 64 - 1, 1000)):
                got = client.call("Search", query=query, limit=limit)
                rows, meta = bench().search(query, limit=most, sources=["repo"])
                same([(p["name"], p["version"], plain(p["description"]), p["source"])
                      for p in got["packages"]],
                     [(row[0], row[1], plain(row[3]), "official") for row in rows],
                     "Search %r limit %r" % (query, limit))
                same(got["total"], meta["total"], "total of %r" % query)
                count += len(rows)
        if count < 1000:
            raise AssertionError("only %d rows were compared" % count)


@test("Search: nothing for nothing, and a limit of 0; a query of 501 bytes is refused")
def _():
    with bench().client() as client:
        same(client.call("Search", query=""), {"packages": [], "total": 0}, "an empty query")
        same(client.call("Search", query="firefox", limit=0)["packages"], [], "limit 0")
        client.call("Search", query="é" * 250)
    fails(BAD, "Search", query="x" * 501)
    fails(BAD, "Search", query="é" * 250 + "x")
    fails(BAD, "Suggest", query="x" * 501)


def details_of(names):
    found, missing, _ = bench().details(names)
    same(missing, [], "missing")
    return dict(found)


def check_info(client, block, details, source):
    info = client.call("Info", package=block["Name"])
    expected = {
        "name": block["Name"], "version": block["Version"],
        "description": details.get("description", ""), "url": details.get("url", ""),
        "size": details.get("installed-size", 0),
        "download_size": details.get("download-size", 0),
        "repo": details["repository"], "source": source,
        "depends": block["Depends On"],
        # A licence may be called None, which pacman prints as it prints no licence.
        "licenses": details.get("licenses", []) if block["Licenses"] == [] else block["Licenses"],
    }
    same(plain(info.pop("description")), plain(expected.pop("description")),
         "description of " + block["Name"])
    same(info, expected, "Info of " + block["Name"])


@test("Info of every package of the repositories is pacman -Si's")
def _():
    omgtest.need_pacman()
    blocks = {}
    for block in parse_blocks(pacman(bench().root, "-Si").text):
        blocks.setdefault(block["Name"], block)
    found = details_of(list(blocks))
    with bench().client() as client:
        for name, block in blocks.items():
            same(found[name]["repository"], block["Repository"], "repository of " + name)
            check_info(client, block, found[name], "official")
    if not any(block["Depends On"] for block in blocks.values()) or len(blocks) < 150:
        raise AssertionError("only %d compared, or none with dependencies" % len(blocks))


@test("Info of what is installed from no repository is pacman -Qi's")
def _():
    omgtest.need_pacman()
    foreign = pacman_lines(bench().root, "-Qqm")
    found = details_of(foreign)
    with bench().client() as client:
        for block in parse_blocks(pacman(bench().root, "-Qi", *foreign).text):
            same(found[block["Name"]]["repository"], "local", "repository")
            check_info(client, block, found[block["Name"]], "local")
    if not foreign:
        raise AssertionError("the sample has no foreign package")


@test("Info: what is not there, and what can be no name")
def _():
    if "no-such-package" not in fails(NOT_FOUND, "Info", package="no-such-package"):
        raise AssertionError("the error does not name the package")
    for name in ("", "-x", ".x", "/x", "a..b", "a b", "a\0b", "é", "x" * 256, "a;b", "../x"):
        fails(BAD, "Info", package=name)
    fails(NOT_FOUND, "Info", package="x" * 255)


@test("Status is that of the bus; runtimes are those in use; vulnerabilities are not known yet")
def _():
    runtimes = omgtest.NAME + ".Runtimes"
    wait_until(lambda: "python" in bench().properties(runtimes)["Active"], 10, "this Python")
    active = bench().properties(runtimes)["Active"]
    with bench().client() as client:
        status = client.call("Status")
    properties = bench().properties()
    same(status, {"total_packages": properties["TotalPackages"],
                  "explicit_packages": properties["ExplicitPackages"],
                  "orphan_packages": properties["OrphanPackages"],
                  "updates_available": properties["UpdatesAvailable"],
                  "security_vulnerabilities": omgtest.UNKNOWN,
                  "runtime_versions": [[name, active[name]] for name in sorted(active)
                                       if active[name]]}, "Status")
    if not all((status["total_packages"], status["explicit_packages"],
                status["orphan_packages"], status["updates_available"])):
        raise AssertionError("a count of the sample is 0: %r" % status)


@test("Explicit is pacman -Qqe, and ExplicitCount its length")
def _():
    omgtest.need_pacman()
    names = pacman_lines(bench().root, "-Qqe")
    with bench().client() as client:
        same(client.call("Explicit"), {"packages": names}, "Explicit")
        same(client.call("ExplicitCount"), len(names), "ExplicitCount")


@test("Suggest gives the names of Packages.Suggest")
def _():
    with bench().client() as client:
        for query in ("firefx", "fire", "lib", "linx", "l", "", "zzzzzzzzzz"):
            for limit, most in ((None, 10), (1, 1), (7, 7), (50, 50), (51, 50),
                                (2 ** 64 - 1, 50)):
                found, = bench().call(PACKAGES, "Suggest", "su", query, most)
                same(client.call("Suggest", query=query, limit=limit),
                     [name for name, _ in found], "Suggest %r limit %r" % (query, limit))


@test("SecurityAudit and DebianSearch say that they have no answer, never an empty one")
def _():
    fails(INTERNAL, "SecurityAudit")
    fails(INTERNAL, "DebianSearch", query="firefox")


# -- batches ------------------------------------------------------------------------------------


@test("a batch is answered in its order, errors in their places")
def _():
    asked = [request("Ping", id=5), request("Info", id=2 ** 64 - 1, package="no-such-package"),
             request("Suggest", id=7, query="fire"), request("Search", id=7, query="x" * 501),
             request("ExplicitCount", id=0), request("SecurityAudit", id=9),
             request("Info", id=3, package="linux"), request("DebianSearch", id=4, query="x"),
             request("Search", id=1, query="firefox", limit=3), request("Status", id=8)]
    with bench().client() as client:
        answers = client.call("Batch", requests=asked)
        same(len(answers), len(asked), "answers")
        for wanted, answer in zip(asked, answers):
            same(answer, client.exchange(wanted), "in the batch and alone: %r" % wanted)
        codes = [answer["Error"]["code"] for answer in answers if "Error" in answer]
        same(codes, [NOT_FOUND, BAD, INTERNAL, INTERNAL], "errors")


@test("batches: 100 at most, none in another, five audits at most")
def _():
    with bench().client() as client:
        same(len(client.call("Batch", requests=[request("Ping")] * 100)), 100, "a batch of 100")
        same(len(client.call("Batch", requests=[request("SecurityAudit")] * 5)), 5, "five audits")
    for number, requests in enumerate((
            [request("Ping")] * 101, [request("Ping")] * 100000,
            [request("Ping"), request("Batch", requests=[])],
            [request("SecurityAudit")] * 6)):
        fails(BAD, "Batch", id=2 ** 40 + number, requests=requests)


# -- cache and counters -------------------------------------------------------------------------


@test("CacheStats and CacheClear tell of the replies that are kept")
def _():
    with bench().client() as client:
        same(client.call("CacheClear"), "cleared", "CacheClear")
        empty = client.call("CacheStats")
        same(empty["size"], 0, "entries after clearing")
        if empty["max_size"] < 1:
            raise AssertionError("max_size %d" % empty["max_size"])
        first = client.call("Search", query="firefox", limit=20)
        if client.call("CacheStats")["size"] < 1:
            raise AssertionError("nothing is kept after a search")
        before = client.call("Metrics")
        same(client.call("Search", query="firefox", limit=20), first, "the second answer")
        after = client.call("Metrics")
        same((after["cache_hits"] - before["cache_hits"],
              after["cache_misses"] - before["cache_misses"]), (1, 0), "hits and misses")
        # Another id, another limit: the first is the same answer, the second is not.
        client.call("Search", id=77, query="firefox", limit=20)
        client.call("Search", query="firefox", limit=21)
        last = client.call("Metrics")
        same((last["cache_hits"] - after["cache_hits"],
              last["cache_misses"] - after["cache_misses"]), (1, 1), "hits and misses")


def counted(work):
    """What the work adds to each counter of the socket and of the bus."""
    with bench().client() as client:
        bus, before = bench().metrics(), client.call("Metrics")
        work()
        after = client.call("Metrics")
        bus_after = bench().metrics()
    return ({key: after[key] - before[key] for key in after},
            {key: bus_after[key] - bus[key] for key in bus_after})


@test("Metrics counts what came over both faces, and is Manager.GetMetrics")
def _():
    def work():
        with bench().client() as client:
            for query in ("lib", "python"):
                client.call("Search", query=query)
            client.call("Status")
            client.call("Explicit")
            for name in ("linux", "firefox"):
                client.call("Info", package=name)
            fails_on(client, BAD, "Search", query="x" * 501)
            fails_on(client, INTERNAL, "SecurityAudit")
            fails_on(client, NOT_FOUND, "Info", package="no-such-package")
        bench().search("firefox")
        with bench().client() as client:
            client.raw(b"\0\0\0\1\xff")
            is_undecodable(client)

    # On the socket 9 requests and a body that is none, on the bus a search; and one Metrics.
    ours, bus = counted(work)
    same(ours["requests_total"], 9 + 1 + 1 + 1, "requests_total")
    same(ours["requests_failed"], 4, "requests_failed")
    same(ours["validation_failures"], 2, "validation_failures")
    same(ours["rate_limit_hits"], 0, "rate_limit_hits")
    same(ours["search_requests"], 4, "search_requests")
    same(ours["info_requests"], 3, "info_requests")
    same(ours["security_audit_requests"], 1, "security_audit_requests")
    for key, theirs in (("requests_failed", "calls-failed"), ("cache_hits", "cache-hits"),
                        ("validation_failures", "validation-failures"),
                        ("rate_limit_hits", "rate-limit-hits"), ("search_requests", "search-calls"),
                        ("info_requests", "details-calls"), ("status_requests", "status-calls"),
                        ("security_audit_requests", "audit-calls"),
                        ("cache_misses", "cache-misses")):
        same(bus[theirs], ours[key], "%s of the bus beside %s" % (theirs, key))


@test("Metrics: bytes to the byte, and connections")
def _():
    with bench().client() as client:
        before = client.call("Metrics")
        sent, received = client.sent, client.received
        client.call("Search", query="lib", limit=50)
        client.call("Ping")
        after = client.call("Metrics")
        # A Metrics request is counted when it is read, its reply when that is sent: so each of
        # both numbers grew by what lies between the two.
        same(after["bytes_received"] - before["bytes_received"], client.sent - sent,
             "bytes_received")
        grown = after["bytes_sent"] - before["bytes_sent"]
        if abs(grown - (client.received - received)) > 16:
            raise AssertionError("bytes_sent grew by %d, received were %d" %
                                 (grown, client.received - received))
        same(after["active_connections"], 1, "active_connections")
        with bench().client() as second, bench().client():
            second.call("Ping")
            wait_until(lambda: client.call("Metrics")["active_connections"] == 3, 5,
                       "three connections")
        wait_until(lambda: client.call("Metrics")["active_connections"] == 1, 5, "one connection")


# -- frames -------------------------------------------------------------------------------------


def bodies():
    with lzma.open(BODIES, "rt", encoding="utf-8", newline="\n") as f:
        for line in f:
            name, kind, form, body, _ = line[:-1].split("\t")
            if kind == "request":
                yield name, form, bytes.fromhex(body)


@test("every body that the reference refuses is answered with -32700 and id 0, then the end")
def _():
    count = 0
    for name, form, body in bodies():
        if form != "!":
            continue
        with bench().client() as client:
            client.raw(omgwire.frame(body))
            try:
                is_undecodable(client)
            except Exception as error:
                raise AssertionError("%s: %s" % (name, error)) from error
        count += 1
    if count < 700:
        raise AssertionError("only %d bodies" % count)
    with bench().client() as client:
        same(client.call("Ping"), "pong", "Ping afterwards")


@test("every body that it reads is answered with the request's id")
def _():
    count = 0
    with bench().client() as client:
        for name, form, body in bodies():
            if form == "!":
                continue
            client.raw(omgwire.frame(body))
            response = client.receive()
            if response is None:
                raise AssertionError("closed after " + name)
            (_, asked), = omgwire.decode("request", body).items()
            (kind, answer), = response.items()
            same(answer["id"], asked["id"], "id of the answer to " + name)
            if kind == "Error" and answer["code"] in (UNDECODABLE, LIMITED):
                raise AssertionError("%s: %r" % (name, answer))
            count += 1
    if count < 600:
        raise AssertionError("only %d bodies" % count)


@test("a frame of 1 MiB is taken; a longer one, or an empty one, is answered and the end")
def _():
    # Batch of so many pings that the body has exactly the limit: one bit each for tag and id,
    # then a search with a long query as filling.
    def body_of(size):
        value = {"Search": {"id": 2 ** 40, "query": "", "limit": None}}
        fill = size - len(omgwire.encode("request", value))
        while True:
            value["Search"]["query"] = "x" * fill
            body = omgwire.encode("request", value)
            if len(body) == size:
                return body
            fill -= len(body) - size
    with bench().client() as client:
        client.raw(omgwire.frame(body_of(FRAME)))
        (_, error), = client.receive().items()
        same((error["id"], error["code"]), (2 ** 40, BAD), "a frame of 1 MiB")
        same(client.call("Ping"), "pong", "Ping after it")
    for head in (FRAME + 1, 2 ** 31, 2 ** 32 - 1, 0):
        with bench().client() as client:
            client.raw(omgwire.HEAD.pack(head))
            is_undecodable(client)
    # The sender is still writing when it is refused: it must see the answer, not a reset.
    with bench().client() as client:
        client.raw(omgwire.frame(body_of(FRAME + 1)))
        is_undecodable(client)


@test("a frame may come byte by byte, or its head and body in two writes as of omg-fast")
def _():
    wanted = request("Search", id=0, query="firefox", limit=20)
    data = omgwire.frame(omgwire.encode("request", wanted))
    with bench().client() as client:
        client.send(wanted)
        expected = client.receive()
        for at in range(len(data)):
            client.raw(data[at:at + 1])
            time.sleep(0.001)
        same(client.receive(), expected, "byte by byte")
        client.raw(data[:4])
        time.sleep(0.05)
        client.raw(data[4:])
        same(client.receive(), expected, "in two writes")
        client.raw(data + data[:7])
        same(client.receive(), expected, "the first of one and a half")
        client.raw(data[7:])
        same(client.receive(), expected, "the other half")


@test("a thousand pipelined requests are answered in order, fast ones behind slow ones too")
def _():
    mixed = []
    for number in range(0, 1000, 5):
        mixed += [request("Batch", id=number, requests=[request("Suggest", query="fire")] * 3),
                  request("Ping", id=number + 1), request("Suggest", id=number + 2, query="li"),
                  request("Search", id=number + 3, query="lib", limit=5),
                  request("Info", id=number + 4, package="no-such-package")]
    with bench().client() as client:
        client.send(*mixed)
        for number in range(1000):
            (_, answer), = client.receive().items()
            same(answer["id"], number, "id")


@test("what came before the end of the sending side is answered, then comes the end")
def _():
    with bench().client() as client:
        client.send(*(request("Suggest", id=number, query="fire") for number in range(20)))
        client.socket.shutdown(socket.SHUT_WR)
        for number in range(20):
            (_, answer), = client.receive().items()
            same(answer["id"], number, "id")
        ended(client)


@test("one that goes away amid everything harms nobody")
def _():
    for cut in (0, 2, 4, 9):
        for _ in range(20):
            client = bench().client()
            client.send(*[request("Search", query="lib", limit=1000)] * 5)
            client.raw(omgwire.frame(omgwire.encode("request", request("Ping")))[:cut])
            client.close()
    with bench().client() as client:
        same(client.call("Ping"), "pong", "Ping afterwards")
    same(bench().process.poll(), None, "omgd's end")


# -- descriptions -------------------------------------------------------------------------------


def make_descriptions(root):
    """Characters of two to four bytes around the place where omg-fast cuts."""
    packages = []
    for character in ("é", "€", "🦊"):
        for start in range(40, 52):
            for words in ("x" * start, ("word " * 20)[:start]):
                packages.append(omgroot.Package("desc-%d" % len(packages), "1-1",
                                                DESC=words + character * 8))
    omgroot.write_root(root, [("core", packages)], [])


@test("no description is such that omg-fast's cut after 47 bytes splits a character")
def _():
    with SocketBench(root=make_descriptions) as other:
        other.start().wait_loaded()
        rows, _ = other.search("desc", limit=1000)
        original = {row[0]: row[3] for row in rows}
        changed = 0
        with other.client() as client:
            for package in client.call("Search", query="desc", limit=1000)["packages"]:
                text, before = package["description"], original.pop(package["name"])
                if len(text.encode()) > 50:
                    text.encode()[:47].decode()
                same(plain(text), plain(before), "what is no blank")
                if not 0 <= len(text) - len(before) <= 3:
                    raise AssertionError("%r became %r" % (before, text))
                changed += text != before
        same(original, {}, "not found")
        if not changed:
            raise AssertionError("no description had to be changed")


# -- rates --------------------------------------------------------------------------------------


def count_limited(client, number):
    """Sends so many pings at once: how many were answered, how many refused."""
    client.send(*(request("Ping", id=1000 + i) for i in range(number)))
    limited = 0
    for i in range(number):
        (kind, answer), = client.receive().items()
        same(answer["id"], 1000 + i, "id")
        if kind == "Error":
            same(answer["code"], LIMITED, "code")
            limited += 1
    return number - limited, limited


@test("more than the burst is refused with each request's id, until time has passed")
def _():
    with SocketBench("") as other:
        other.start().wait_loaded()
        with other.client() as client:
            begin = time.monotonic()
            answered, limited = count_limited(client, 400)
            most = 100 + 50 * (time.monotonic() - begin) + 1
            if not 100 <= answered <= most or limited == 0:
                raise AssertionError("%d answered, expected 100 to %d" % (answered, most))
            same(other.metrics()["rate-limit-hits"], limited, "rate-limit-hits")
            with other.client() as second:
                same(second.call("Ping"), "pong", "another connection has its own rate")
            time.sleep(1)
            begin = time.monotonic()
            answered, _ = count_limited(client, 200)
            most = 50 + 50 * (time.monotonic() - begin + 1)
            if not 45 <= answered <= most:
                raise AssertionError("%d answered a second later, expected 45 to %d" %
                                     (answered, most))


@test("a batch spends the rate of one request")
def _():
    with SocketBench("[limits]\nrate=1\nburst=10\n") as other:
        other.start().wait_loaded()
        with other.client() as client:
            for _ in range(9):
                answers = client.call("Batch", requests=[request("Ping")] * 100)
                same([a for a in answers if "Error" in a], [], "errors in a batch")
            same(client.call("Ping"), "pong", "the tenth request")
            if not count_limited(client, 10)[1]:
                raise AssertionError("nothing was limited in the end")


# -- omgd.conf ----------------------------------------------------------------------------------


@test("SIGHUP brings new rates to connections that stand, and a bad file changes nothing")
def _():
    with SocketBench("[limits]\nrate=1\nburst=5\n") as other:
        other.start().wait_loaded()

        def hang_up(conf, said):
            other.configure(conf)
            before = other.log().count(said)
            other.process.send_signal(signal.SIGHUP)
            wait_until(lambda: other.log().count(said) > before, 5, said)

        with other.client() as client:
            if not count_limited(client, 30)[1]:
                raise AssertionError("the rate of the first file does not count")
            other.configure("[limits]\nrate=0\n")
            other.process.send_signal(signal.SIGHUP)
            wait_until(lambda: count_limited(client, 30)[1] == 0, 5, "no rate")
            hang_up("[limits]\nrate=many\n", "[limits] rate: \"many\"")
            time.sleep(0.2)
            same(count_limited(client, 30)[1], 0, "limited after a bad value")
            hang_up("[limits\nrate=1\n", "omgd.conf:1: ")
            time.sleep(0.2)
            same(count_limited(client, 30)[1], 0, "limited after a bad file")
            hang_up("[limits]\nrate=0\nrates=1\n", "[limits] rates: there is no such key")
            other.configure("[limits]\nrate=1\nburst=5\n")
            other.process.send_signal(signal.SIGHUP)
            wait_until(lambda: count_limited(client, 30)[1] > 0, 5, "a rate again")


@test("a bad omgd.conf at the start is said, and the presets count")
def _():
    with SocketBench("[limits]\nrate=-1\nburst=0\n") as other:
        other.start().wait_loaded()
        if "[limits] rate: \"-1\"" not in other.log():
            raise AssertionError("not in the log")
        with other.client() as client:
            answered, limited = count_limited(client, 300)
            if answered < 100 or not limited:
                raise AssertionError("%d answered, %d limited" % (answered, limited))


# -- start and end ------------------------------------------------------------------------------


@test("a request that comes before the first load is answered by it")
def _():
    with SocketBench() as other:
        other.start(wait=False)
        path = os.path.join(other.runtime, "omg.sock")
        wait_until(lambda: os.path.exists(path), 10, "the socket")
        with other.client() as client:
            if not client.call("ExplicitCount"):
                raise AssertionError("0 before the first load")
            if not client.call("Search", query="firefox")["packages"]:
                raise AssertionError("nothing found before the first load")


@test("without a local database Status and Explicit are errors, Search still answers")
def _():
    with SocketBench() as other:
        os.rename(other.local, other.local + ".away")
        other.start()
        with other.client() as client:
            fails_on(client, INTERNAL, "Status")
            fails_on(client, INTERNAL, "Explicit")
            fails_on(client, INTERNAL, "ExplicitCount")
            if not client.call("Search", query="firefox")["packages"]:
                raise AssertionError("nothing found")


@test("after a pacman run the next answers are the new ones, not those that were kept")
def _():
    omgtest.need_pacman()
    with SocketBench() as other:
        other.start().wait_loaded()
        with other.client() as client:
            names = client.call("Explicit")["packages"]
            client.call("Status")
            pacman(other.root, "-Rdd", "--noconfirm", "--dbonly", names[0])
            wait_until(lambda: client.call("Explicit")["packages"] == names[1:], 2,
                       "the shorter list")
            same(client.call("ExplicitCount"), len(names) - 1, "ExplicitCount")
            same(client.call("Status")["explicit_packages"], len(names) - 1, "Status")


if __name__ == "__main__":
    sys.setrecursionlimit(20000)  # bodies of batches in batches
    omgtest.run_tests()
