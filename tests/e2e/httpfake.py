# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP server on loopback that plays mirror, tracker, OSV and AUR, and fails on demand.

    with HttpFake() as fake:
        fake.serve("/core.db", b"...", modified=1700000000)    # 200, or 304 by ETag or date
        fake.answer("/slow", Reply(b"...", delay=0.5))         # any Reply, or a list, one a request
        fake.handle("/rpc", lambda request: Reply(...))
        ... fake.url("/core.db") ... fake.requests ... fake.most_at_once

Each connection has a thread. Everything that waits ends with the server, or after PATIENCE
seconds; a server answers at most MOST_REQUESTS. Failures by design are told in Reply.
"""

import email.utils
import gzip
import hashlib
import json
import os
import re
import socketserver
import ssl
import subprocess
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler

PATIENCE = 60
MOST_REQUESTS = 20000
MOST_BODY = 8 << 20
AUR_ARCHIVE = "/packages-meta-ext-v1.json.gz"
PORTAL = b"<!DOCTYPE html>\n<html><title>Log in</title><form action='/login'></form></html>\n"


def http_date(seconds):
    return email.utils.formatdate(seconds, usegmt=True)


def gzip_bomb(size):
    """A gzip stream of size zeroes."""
    return gzip.compress(bytes(size), mtime=0)


def make_certificate(folder, name="localhost", address="127.0.0.1"):
    """A self-signed certificate and its key: two paths."""
    key, certificate = (os.path.join(folder, name + end) for end in (".key", ".crt"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=" + name,
                    "-addext", "subjectAltName=DNS:%s,IP:%s" % (name, address),
                    "-keyout", key, "-out", certificate],
                   check=True, capture_output=True, timeout=60)
    return certificate, key


class Reply:
    """What is answered, and how it goes wrong.

    length: the Content-Length that is claimed, instead of the true one; None with endless.
    cut: the connection ends after so many bytes of the body (0: after the head).
    stall: after so many bytes nothing more comes, and the connection stays.
    pause: seconds between pieces of 1 KiB.   delay: seconds before anything is answered.
    chunked: in chunks; with cut the last one is missing.   endless: the body again and again.
    hang_up: the connection ends without an answer.
    """

    def __init__(self, body=b"", status=200, headers=None, length=None, cut=None, stall=None,
                 pause=0, delay=0, chunked=False, endless=False, hang_up=False):
        self.body = body.encode() if isinstance(body, str) else body
        self.status = status
        self.headers = dict(headers or {})
        self.length = length
        self.cut = cut
        self.stall = stall
        self.pause = pause
        self.delay = delay
        self.chunked = chunked
        self.endless = endless
        self.hang_up = hang_up


def json_reply(value, status=200, compressed=False):
    body = json.dumps(value).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if compressed:
        body = gzip.compress(body)
        headers["Content-Encoding"] = "gzip"
    return Reply(body, status, headers)


def redirect(location, status=302):
    return Reply(b"moved", status, {"Location": location})


class Request:
    """What came: method, path (with query), headers (a case-insensitive mapping), body, time."""

    def __init__(self, method, path, headers, body):
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.time = time.monotonic()

    def json(self):
        return json.loads(self.body)

    def form(self):
        return urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE
    disable_nagle_algorithm = True

    def log_message(self, *arguments):
        pass

    def setup(self):
        self.server.fake.connected(self.request, 1)
        super().setup()

    def finish(self):
        try:
            super().finish()
        except OSError:
            pass
        self.server.fake.connected(self.request, -1)

    def serve(self):
        fake = self.server.fake
        size = min(int(self.headers.get("Content-Length") or 0), MOST_BODY)
        request = Request(self.command, self.path, self.headers, self.rfile.read(size))
        fake.began(request)
        try:
            self.send(fake.find_reply(request))
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True
        finally:
            fake.ended()

    do_GET = do_POST = do_HEAD = do_CONNECT = serve

    def send(self, reply):
        fake = self.server.fake
        if reply.delay:
            fake.stopping.wait(reply.delay)
        if reply.hang_up:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif not reply.endless and reply.status not in (204, 304):
            self.send_header("Content-Length", str(
                len(reply.body) if reply.length is None else reply.length))
        if reply.endless or reply.cut is not None or reply.length is not None:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.send_body(reply)

    def send_body(self, reply):
        body = reply.body if reply.cut is None else reply.body[:reply.cut]
        if reply.stall is not None:
            self.wfile.write(body[:reply.stall])
            self.wfile.flush()
            self.server.fake.stopping.wait(PATIENCE)
            self.close_connection = True
            return
        end = time.monotonic() + PATIENCE
        while reply.endless and time.monotonic() < end and not self.server.fake.stopping.is_set():
            self.wfile.write(body)
        piece = 1024 if reply.pause else 1 << 16
        for at in range(0, len(body), piece):
            self.send_piece(body[at:at + piece], reply.chunked)
            if reply.pause and self.server.fake.stopping.wait(reply.pause):
                break
        if reply.chunked and reply.cut is None:
            self.wfile.write(b"0\r\n\r\n")
        if reply.chunked and reply.cut is not None:
            self.close_connection = True

    def send_piece(self, piece, chunked):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        self.wfile.flush()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # a client that hangs up, or speaks no TLS


class FakeOsv:
    """OSV on a server of ours. named: {package: [record]}, what is answered; page: most ids of one
    answer to a question; late: so many answers to a question are a token and nothing else; bad:
    packages that cost a whole batch; more: results beyond the questions; change: may edit the
    answer (a dict) before it goes. batches: the queries that came, a list each."""

    MOST_QUERIES = 1000

    def __init__(self, fake, named):
        self.fake = fake
        self.named = named
        self.page = None
        self.late = 0
        self.bad = set()
        self.more = 0
        self.change = None
        self.batches = []
        fake.handle("/v1/querybatch", self.batch)
        for records in named.values():
            for record in records:
                self.serve(record)

    def serve(self, record):
        self.fake.answer("/v1/vulns/" + record["id"], json_reply(record))

    def drop(self, name):
        self.fake.answer("/v1/vulns/" + name,
                         json_reply({"code": 5, "message": "Vulnerability not found"}, 404))

    def refuse(self, text):
        return json_reply({"code": 3, "message": text}, 400)

    def batch(self, request):
        queries = request.json()["queries"]
        self.batches.append(queries)
        if len(queries) > self.MOST_QUERIES:
            return self.refuse("too many queries")
        for index, query in enumerate(queries):
            if query["package"]["name"] in self.bad:
                return self.refuse("error in query at index %d: invalid ecosystem" % index)
        answer = {"results": [self.find(query) for query in queries] + [{}] * self.more}
        if self.change:
            self.change(answer)
        return json_reply(answer)

    def find(self, query):
        """Tokens say how often it was asked, and how far the list is read."""
        records = self.named.get(query["package"]["name"], [])
        token = query.get("page_token") or "0 0"
        asked, at = map(int, token.split())
        if asked < self.late:
            return {"next_page_token": "%d %d" % (asked + 1, at)}
        page = records[at:at + self.page] if self.page else records
        result = {}
        if page:
            result["vulns"] = [{"id": r["id"], "modified": r["modified"]} for r in page]
        if self.page and at + self.page < len(records):
            result["next_page_token"] = "%d %d" % (asked, at + self.page)
        return result


class FakeAur:
    """The AUR's RPC, version 5, as goaurrpc answers it, by GET or POST. packages: dicts as in the
    archive. delay: seconds that each answer takes; reply: function(request) that answers in its
    place, or None. asked: (type, by, arguments) of each request; most_at_once: of these."""

    MOST_URI = 4443
    MOST_RESULTS = 5000
    LISTS = {"depends": "Depends", "makedepends": "MakeDepends", "optdepends": "OptDepends",
             "checkdepends": "CheckDepends", "provides": "Provides", "conflicts": "Conflicts",
             "replaces": "Replaces", "keywords": "Keywords", "groups": "Groups",
             "comaintainers": "CoMaintainers"}
    SEARCH_KEYS = ("Description", "FirstSubmitted", "ID", "LastModified", "Maintainer", "Name",
                   "NumVotes", "OutOfDate", "PackageBase", "PackageBaseID", "Popularity", "URL",
                   "URLPath", "Version")

    def __init__(self, fake, packages):
        self.fake = fake
        self.packages = packages
        self.lock = threading.Lock()
        self.delay = 0
        self.reply = None
        self.asked = []
        self.active = self.most_at_once = 0
        for path in ("/rpc", "/rpc/v5/info", "/rpc/v5/search"):
            fake.handle(path, self.answer)

    def answer(self, request):
        parts = urllib.parse.urlsplit(request.path)
        fields = urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
        fields += request.form() if request.body else []
        arguments = [value for name, value in fields if name in ("arg", "arg[]")]
        kind = dict(fields).get("type") or parts.path.rpartition("/")[2]
        by = dict(fields).get("by", "name-desc")
        with self.lock:
            self.asked.append((kind, by if kind == "search" else None, arguments))
            self.active += 1
            self.most_at_once = max(self.most_at_once, self.active)
        if self.delay:
            self.fake.stopping.wait(self.delay)
        with self.lock:
            self.active -= 1
        if self.reply:
            return self.reply(request)
        # What a client sends counts with its scheme and host.
        if len(self.fake.url(request.path)) > self.MOST_URI:
            return Reply(b"too long", 414)
        return self.search(by, arguments) if kind == "search" else self.info(arguments)

    def error(self, text, status=200):
        return json_reply({"error": text, "resultcount": 0, "results": [], "type": "error",
                           "version": 5}, status)

    def found(self, kind, results):
        return json_reply({"resultcount": len(results), "results": results, "type": kind,
                           "version": 5})

    def info(self, names):
        return self.found("multiinfo", [dict({"Keywords": [], "License": []}, **p)
                                        for p in self.packages if p["Name"] in names])

    def search(self, by, arguments):
        text = arguments[0] if arguments else ""
        if len(text) < 2:
            return self.error("Query arg too small.")
        if by not in ("name", "name-desc", "maintainer", "submitter", *self.LISTS):
            return self.error("Incorrect by field specified.")
        results = [p for p in self.packages if self.matches(p, by, text)]
        if len(results) > self.MOST_RESULTS:
            return self.error("Too many package results.")
        return self.found("search", [{k: p.get(k) for k in self.SEARCH_KEYS} for p in results])

    def matches(self, package, by, text):
        if by in ("maintainer", "submitter"):
            return package.get(by.capitalize()) == text
        if by in ("name", "name-desc"):
            texts = [package["Name"]]
            texts += [package.get("Description") or ""] if by == "name-desc" else []
            return any(text.lower() in t.lower() for t in texts)
        values = package.get(self.LISTS[by]) or []
        names = [re.split("[<>=:]", value)[0] for value in values]
        return text in names or (by == "provides" and text == package["Name"])


class HttpFake:
    def __init__(self, certificate=None, address="127.0.0.1"):
        """certificate: (certificate, key) as paths, for HTTPS. address: all of 127/8 is loopback,
        so that one test may have many hosts."""
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.handlers = {}
        self.requests = []
        self.active = self.most_at_once = 0
        self.connections = self.most_connections = self.all_connections = 0
        self.server = _Server((address, 0), _Handler)
        self.server.fake = self
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            # The handshake is the thread's business, not that of whoever accepts.
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
            self.scheme = "https"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """What listens is closed too: whoever comes now is refused."""
        if not self.stopping.is_set():
            self.stopping.set()
            self.server.shutdown()
            self.server.server_close()

    @property
    def port(self):
        return self.server.server_address[1]

    def url(self, path="", host=None):
        return "%s://%s:%d%s" % (self.scheme, host or self.server.server_address[0], self.port,
                                 path)

    # What is answered -------------------------------------------------------------------------

    def handle(self, path, function):
        """function(request) → Reply, for that path (without its query)."""
        with self.lock:
            self.handlers[path] = function

    def answer(self, path, reply):
        """A Reply, or a list of them, of which the last one stays."""
        replies = list(reply) if isinstance(reply, (list, tuple)) else [reply]
        self.handle(path, lambda _request: replies.pop(0) if len(replies) > 1 else replies[0])

    def serve(self, path, body, modified=None, etag=True, headers=None):
        """A file as a mirror has it: validators, and 304. modified: Unix time, None: no date; etag:
        True: made of the body; None: none. Serving an older one again plays a mirror behind."""
        tag = '"%s"' % hashlib.sha256(body).hexdigest()[:16] if etag is True else etag
        more = dict(headers or {})
        if tag:
            more["ETag"] = tag
        if modified is not None:
            more["Last-Modified"] = http_date(modified)

        def reply(request):
            match, since = (request.headers.get(h) for h in ("If-None-Match", "If-Modified-Since"))
            if tag and match:
                unchanged = tag in [t.strip() for t in match.split(",")]
            else:
                unchanged = bool(modified is not None and since and
                                 email.utils.parsedate_to_datetime(since).timestamp() >= modified)
            return Reply(b"", 304, more) if unchanged else Reply(body, 200, more)

        self.handle(path, reply)

    def tracker(self, groups, **served):
        """security.archlinux.org: the list, and each group. served: as serve() takes it, for a list
        that has validators, which the real one has not."""
        listed = [{k: v for k, v in g.items() if k not in ("references", "notes")} for g in groups]
        if served:
            self.serve("/issues/all.json", json.dumps(listed, indent=2).encode(), **served)
        else:
            self.answer("/issues/all.json", json_reply(listed))
        for group in groups:
            self.answer("/%s.json" % group["name"], json_reply(
                dict({"references": [], "notes": None}, **group)))

    def osv(self, vulnerabilities):
        """api.osv.dev: {package: [record]}; querybatch by name, and each record by id."""
        return FakeOsv(self, vulnerabilities)

    def aur_archive(self, packages, modified=1700000000, compressed=True):
        """The AUR's archive of all, whose Content-Encoding the real one sends unasked. packages:
        dicts, or the text as it is sent, bytes."""
        body = packages if isinstance(packages, bytes) else \
            ("[\n%s\n]\n" % ",\n".join(json.dumps(p) for p in packages)).encode()
        headers = {"Content-Type": "text/plain"}
        if compressed:
            body = gzip.compress(body, mtime=0)
            headers["Content-Encoding"] = "gzip"
        self.serve(AUR_ARCHIVE, body, modified=modified, headers=headers)
        return body

    def aur(self, packages, **archive):
        """aur.archlinux.org: its RPC (FakeAur), and the archive of all (aur_archive())."""
        self.aur_archive(packages, **archive)
        return FakeAur(self, packages)

    # What came --------------------------------------------------------------------------------

    def of(self, path):
        """The requests for that path, without query."""
        with self.lock:
            return [r for r in self.requests if urllib.parse.urlsplit(r.path).path == path]

    def find_reply(self, request):
        parts = urllib.parse.urlsplit(request.path)
        with self.lock:
            # A proxy is given the whole URL.
            found = self.handlers.get(request.path.partition("?")[0]) or \
                self.handlers.get(parts.path)
            too_many = len(self.requests) > MOST_REQUESTS
        if too_many:
            return Reply(b"too many requests for a test", 500)
        return found(request) if found else Reply(b"there is no such file", 404)

    def began(self, request):
        with self.lock:
            self.requests.append(request)
            self.active += 1
            self.most_at_once = max(self.most_at_once, self.active)

    def ended(self):
        with self.lock:
            self.active -= 1

    def connected(self, _connection, change):
        with self.lock:
            self.connections += change
            self.all_connections += change > 0
            self.most_connections = max(self.most_connections, self.connections)
