#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The security tracker, OSV and the AUR of the sample system, on loopback, for ./try: what they say
is made up. Prints its port, and serves until it is ended.

usage: sample-feeds.py"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def group(number, packages, severity, kind, affected, fixed, status, cves):
    return {"name": "AVG-%d" % number, "packages": packages, "status": status,
            "severity": severity, "type": kind, "affected": affected, "fixed": fixed,
            "ticket": None, "issues": cves, "advisories": []}


GROUPS = [
    group(9004, ["openssl"], "High", "arbitrary code execution", "3.1.4-1", "3.2.0-1", "Fixed",
          ["CVE-2023-90004"]),
    group(9003, ["curl"], "Medium", "information disclosure", "8.5.0-1", "8.6.0-1", "Vulnerable",
          ["CVE-2023-90003"]),
    group(9002, ["zlib"], "Low", "denial of service", "1:1.3-2", None, "Vulnerable",
          ["CVE-2023-90002"]),
    group(9001, ["bash"], "Critical", "privilege escalation", "5.1.016-1", "5.2.000-1", "Fixed",
          ["CVE-2023-90001"]),
]
RECORD = {
    "id": "GHSA-samp-le00-0001", "modified": "2023-12-01T00:00:00Z", "aliases": ["CVE-2023-90005"],
    "summary": "Made up for the sample system",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
    "affected": [{"package": {"ecosystem": "PyPI", "name": "requests"},
                  "ranges": [{"type": "ECOSYSTEM",
                              "events": [{"introduced": "0"}, {"fixed": "99.0"}]}]}],
}


def aur(name, version, description, votes, popularity, maintainer="somebody", **more):
    return dict({"Name": name, "PackageBase": name, "Version": version,
                 "Description": description, "URL": "https://example.org/" + name,
                 "NumVotes": votes, "Popularity": popularity,
                 "OutOfDate": None, "Maintainer": maintainer, "FirstSubmitted": 1500000000,
                 "LastModified": 1700000000, "License": ["MIT"]}, **more)


AUR = [
    aur("firefox-nightly-bin", "122.0a1-1", "Web browser, the nightly build (binary)", 180, 2.1,
        Depends=["gtk3", "dbus"], Provides=["firefox=122.0"], Conflicts=["firefox"]),
    aur("forgotten-lib", "0.3-1", "A library whose user left long ago", 3, 0.0, None),
    aur("noter", "2.0-1", "Takes notes, developed again", 41, 0.7, Depends=["gtk3", "noter-data"],
        MakeDepends=["meson", "notec-git"], CoMaintainers=["another"]),
    aur("noter-data", "2.0-1", "Data of noter", 5, 0.1),
    aur("notec-git", "r120.ab12cd3-1", "Compiler of notes", 2, 0.02, OutOfDate=1699000000,
        Depends=["glibc", "libnote-of-nobody"]),
    aur("visual-studio-code-bin", "1.85.1-1", "Visual Studio Code (vscode): editor for building "
        "and debugging modern web and cloud applications (official binary version)", 1500, 25.0),
]


def find(query):
    if query["package"]["name"] != RECORD["affected"][0]["package"]["name"]:
        return {}
    return {"vulns": [{"id": RECORD["id"], "modified": RECORD["modified"]}]}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, value, status=200):
        self.send(json.dumps(value).encode(), status)

    def send(self, body, status=200):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):  # pylint: disable=invalid-name
        details = {"/%s.json" % g["name"]: dict(g, references=[], notes=None) for g in GROUPS}
        if self.path == "/issues/all.json":
            self.answer(GROUPS)
        elif self.path in details:
            self.answer(details[self.path])
        elif self.path == "/packages-meta-ext-v1.json.gz":
            self.send(("[\n%s\n]\n" % ",\n".join(map(json.dumps, AUR))).encode())
        elif self.path == "/v1/vulns/" + RECORD["id"]:
            self.answer(RECORD)
        else:
            self.answer({"message": "404: Not Found"}, 404)

    def do_POST(self):  # pylint: disable=invalid-name
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer({"results": [find(query) for query in body["queries"]]})


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    sys.stdout.close()
    server.serve_forever()


if __name__ == "__main__":
    main()
