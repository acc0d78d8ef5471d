#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Language runtimes: what is installed appears, what becomes active is told, a project's files
decide, and hostile trees hold nobody up. Nothing of it starts a program."""

import json
import os
import subprocess

import omgtest
from omgtest import Bench, CallError, program, same, test, wait_until
from omgwire import Client

RUNTIMES = omgtest.NAME + ".Runtimes"
NOT_THE_MACHINES = ("MISE_DATA_DIR", "MISE_INSTALLS_DIR", "MISE_CONFIG_DIR",
                    "MISE_GLOBAL_CONFIG_FILE", "MISE_SYSTEM_DIR", "MISE_SYSTEM_CONFIG_DIR")


class Home(Bench):
    """A bench whose omgd sees no runtimes but those that the test makes (and the Java machines of
    the machine itself)."""

    def __init__(self):
        super().__init__()
        self.path = os.path.join(self.folder, "path")
        os.mkdir(self.path)

    def begin(self):
        self.start(PATH=self.path, RUSTUP_HOME=self.folder + "/.rustup",
                   **dict.fromkeys(NOT_THE_MACHINES, ""))
        self.wait_loaded()
        return self

    def make(self, *parts, text=None, mode=0o600):
        path = os.path.join(self.folder, *parts)
        if text is None:
            os.makedirs(path)
            return path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        beside = path + ".new"
        with open(beside, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(beside, mode)
        os.rename(beside, path)
        return path

    def version(self, runtime, version):
        return self.make("data", "versions", runtime, version, "bin")

    def current(self, runtime, version):
        link = os.path.join(self.data, "versions", runtime, "current")
        os.symlink(version, link + ".new")
        os.rename(link + ".new", link)

    def runtimes(self, **how):
        """[(name, version, source, active)] without the machine's Java, and META."""
        rows, meta = self.call(RUNTIMES, "List", "a{sv}", omgtest.options(**how))
        return [(row[0], row[1], row[2], row[5]["active"]) for row in rows
                if row[0] != "java"], meta

    def active(self):
        active = self.properties(RUNTIMES)["Active"]
        return {name: version for name, version in active.items() if name != "java"}

    def wait_active(self, expected, seconds=10):
        wait_until(lambda: self.active() == expected, seconds, "Active %r" % expected)

    def wait_rows(self, expected, seconds=10, **how):
        wait_until(lambda: self.runtimes(**how)[0] == expected, seconds, "rows %r" % expected)


@test("a version appears, current is switched, and Active is told each time it changes")
def appear():
    with Home() as home:
        home.begin()
        same(home.active(), {}, "nothing")
        signals = home.signals()
        home.version("node", "20.1.0")
        home.wait_rows([("node", "20.1.0", "omg", False)])
        home.current("node", "20.1.0")
        changed = signals.wait("PropertiesChanged", 10,
                               lambda a: a[0] == RUNTIMES and "node" in a[1]["Active"])
        same(changed[1]["Active"]["node"], "20.1.0", "Active")
        home.version("node", "22.0.0")
        home.current("node", "22.0.0")
        signals.wait("PropertiesChanged", 10, lambda a: a[0] == RUNTIMES and
                     a[1]["Active"].get("node") == "22.0.0")
        signals.close()
        home.wait_rows([("node", "22.0.0", "omg", True), ("node", "20.1.0", "omg", False)])
        os.unlink(os.path.join(home.data, "versions/node/current"))
        home.wait_active({})


@test("mise: installed versions and the configuration, as they come")
def mise():
    with Home() as home:
        home.begin()
        home.make("xdg-data/mise/installs/go/1.22.1/bin")
        home.wait_rows([("go", "1.22.1", "mise", False)])
        home.make("xdg-config/mise/config.toml", text="[tools]\ngo = '1.22'\n")
        home.wait_active({"go": "1.22.1"})
        home.make("xdg-config/mise/config.toml", text="[tools]\ngo = \n")
        home.wait_active({})
        _, meta = home.runtimes()
        same((meta["complete"], len(meta["errors"]), meta["errors"][0][0]), (False, 1, "mise"),
             "a broken configuration")
        if "line 2, column 6" not in meta["errors"][0][1]:
            raise AssertionError(meta["errors"])


@test("rustup: the default toolchain changes; an override holds in its directory")
def rustup():
    with Home() as home:
        settings = 'version = "12"\ndefault_toolchain = "%s"\n[overrides]\n"%s" = "1.60.0"\n'
        project = home.make("project/src")
        for version in ("1.60.0", "1.75.0", "1.81.0"):
            home.make(".rustup/toolchains/%s-x86_64-unknown-linux-gnu/bin" % version)
        home.make(".rustup/settings.toml", text=settings % ("1.75.0", home.folder + "/project"))
        home.begin()
        home.wait_active({"rust": "1.75.0"})
        signals = home.signals()
        home.make(".rustup/settings.toml", text=settings % ("1.81.0", home.folder + "/project"))
        signals.wait("PropertiesChanged", 10, lambda a: a[0] == RUNTIMES and
                     a[1]["Active"].get("rust") == "1.81.0")
        signals.close()
        rows, _ = home.runtimes(directory=project)
        same(rows[0], ("rust", "1.60.0", "rustup", True), "override")


@test("programs on PATH: of a package its version, else what the path tells; none is started")
def path():
    with Home() as home:
        trap = home.folder + "/started"
        script = "#!/bin/sh\ntouch %s\n" % trap
        home.make("path/ruby", text=script, mode=0o755)
        home.make("opt/node-v20.1.0/bin/node", text=script, mode=0o755)
        os.symlink("../opt/node-v20.1.0/bin/node", home.path + "/node")
        home.begin()
        home.wait_active({"node": "20.1.0", "ruby": ""})
        home.make("path/bun", text=script, mode=0o755)
        home.wait_active({"bun": "", "node": "20.1.0", "ruby": ""})
        os.unlink(home.path + "/node")
        home.wait_active({"bun": "", "ruby": ""})
        same(os.path.exists(trap), False, "a program was started")


@test("version files of a directory, nearest first; other directories are errors")
def project():
    with Home() as home:
        home.version("node", "18.0.0")
        home.version("node", "20.1.0")
        home.current("node", "18.0.0")
        src = home.make("p/a/src")
        home.make("p/.tool-versions", text="nodejs 18\n")
        home.make("p/a/package.json", text='{"engines": {"node": ">=20"}}')
        home.make("p/go.mod", text="module x\ngo 1.22\n")
        home.begin()
        rows, meta = home.runtimes(directory=src)
        same(rows, [("go", "1.22", "file", True), ("node", "20.1.0", "file", True),
                    ("node", "20.1.0", "omg", False), ("node", "18.0.0", "omg", False)], "rows")
        same(meta["complete"], True, "complete")
        os.mkfifo(home.folder + "/p/a/.nvmrc")
        rows, meta = home.runtimes(directory=src)
        same((rows[1][:3], meta["complete"]), (("node", "20.1.0", "file"), False), "a FIFO")
        for directory, name in (("p", "InvalidArgs"), (home.folder + "/none", "NotFound"),
                                (home.folder + "/p/go.mod", "NotFound"),
                                ("/" + "x" * 5000, "InvalidArgs")):
            try:
                home.runtimes(directory=directory)
                raise AssertionError("%s is taken" % directory[:50])
            except CallError as error:
                same(error.name.split(".")[-1], name, directory[:50])


@test("5,000 directories: the rest of omgd answers meanwhile, and pages fit together")
def many():
    with Home() as home:
        for i in range(5000):
            os.makedirs("%s/xdg-data/mise/installs/t%05d/1" % (home.folder, i))
        home.begin()
        rows, meta = home.call(RUNTIMES, "List", "a{sv}", {})
        same((len(rows), meta["total"], meta["complete"]), (1000, 4096, False), "first page")
        rows, more = home.runtimes(offset=4000, generation=("t", meta["generation"]))
        same((len(rows), more["generation"]), (96, meta["generation"]), "last page")
        home.search("a")


@test("the socket's Status has the active runtimes")
def socket():
    with Home() as home:
        home.version("node", "20.1.0")
        home.current("node", "20.1.0")
        home.begin()
        home.wait_active({"node": "20.1.0"})
        with Client(os.path.join(home.runtime, "omg.sock"), 30 * omgtest.SLOW) as client:
            versions = client.call("Status")["runtime_versions"]
        same([pair for pair in versions if pair[0] != "java"], [["node", "20.1.0"]], "Status")


@test("omgctl runtimes: rows, names, a directory, JSON")
def omgctl():
    with Home() as home:
        home.version("node", "20.1.0")
        home.current("node", "20.1.0")
        src = home.make("p")
        home.make("p/.nvmrc", text="v18\n")
        home.begin()
        home.wait_active({"node": "20.1.0"})

        def run(*arguments, **how):
            return subprocess.run([program("OMGCTL"), *arguments], env=home.environment(),
                                  stdin=subprocess.DEVNULL, capture_output=True, check=False,
                                  timeout=60, text=True, **how)

        where = home.data + "/versions/node/20.1.0"
        done = run("runtimes", "node")
        same((done.returncode, done.stderr, done.stdout),
             (0, "", "node 20.1.0 omg [active] [wanted: 20.1.0] %s\n" % where), "plain")
        done = run("runtimes", "-d", ".", "node", cwd=src)
        same(done.stdout.split("\n")[0],
             "node 18 file [active] [not installed] [wanted: 18] %s/.nvmrc" % src, "directory")
        row = json.loads(run("runtimes", "--json", "node").stdout)["runtimes"][0]
        same((row["name"], row["bin"], row["active"], row["requested-by"]),
             ("node", where + "/bin", True, home.data + "/versions/node/current"), "JSON")
        same(run("runtimes", "--directory", home.folder + "/none").returncode, 3, "no directory")


if __name__ == "__main__":
    omgtest.run_tests()
