#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""omgd --system on a private bus with the policy of the real system bus and the shipped one, and
two clients: root, and a user who has nothing to say. Its folders are the test's, at their real
paths, by mounts that nobody else sees. Needs root."""

import glob
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import omgtest
from httpfake import HttpFake
from omgtest import (MANAGER, NAME, PACKAGES, PATH, PROPERTIES, STATUS, Bench, Bus, GLib, Skip,
                     omgroot, options, same, test, wait_until)

ACCESS_DENIED = "org.freedesktop.DBus.Error.AccessDenied"
SOURCE = os.path.join(omgtest.HERE, "../..")
NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}
SYSTEM_CONF = "/usr/share/dbus-1/system.conf"

# Members that change nothing, by their first words; a new one that begins otherwise has to be
# looked at: does it need org.omgd1.Changes?
READING = ("Check", "Compare", "Depends", "Describe", "Evaluate", "Generate", "Get", "List",
           "RequiredBy", "Resolve", "Search", "Suggest", "Verify", "WhatProvides", "WhoOwns")

# A client that is told to call things and says what came of it.
CLIENT = """
import json, sys
import gi
gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib
bus = Gio.DBusConnection.new_for_address_sync(
    sys.argv[1], Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
    | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
answers = []
for name, path, interface, member, arguments in json.load(sys.stdin):
    values = GLib.Variant.parse(None, arguments) if arguments else None
    try:
        reply = bus.call_sync(name, path, interface, member, values, None,
                              Gio.DBusCallFlags.NO_AUTO_START, 30000, None)
        answers.append([None, reply.print_(True)])
    except GLib.Error as error:
        answers.append([Gio.DBusError.get_remote_error(error), error.message])
json.dump(answers, sys.stdout)
"""


class SystemBus(Bus):
    """policies: files beside what the real system bus says."""

    def __init__(self, folder, policies):
        super().__init__(folder)
        if not os.path.exists(SYSTEM_CONF):
            raise Skip("no " + SYSTEM_CONF)
        real = ElementTree.parse(SYSTEM_CONF).getroot()
        config = ElementTree.Element("busconfig")
        ElementTree.SubElement(config, "type").text = "system"
        ElementTree.SubElement(config, "listen").text = self.address
        ElementTree.SubElement(config, "auth").text = "EXTERNAL"
        config.extend(real.findall("policy"))
        for policy in policies:
            ElementTree.SubElement(config, "include").text = policy
        with open(self.config, "wb") as f:
            f.write(b'<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//'
                    b'EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">\n')
            f.write(ElementTree.tostring(config))

    def start(self):
        super().start()
        os.chmod(self.socket, 0o666)


class SystemBench(Bench):
    def __init__(self, policies=("dbus-policy/org.omgd1.conf",)):
        if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("setpriv"):
            raise Skip("not root, or no unshare or setpriv")
        super().__init__(bus=False)
        os.chmod(self.folder, 0o711)
        self.unit = None
        self.bus = SystemBus(self.folder, [os.path.join(SOURCE, p) for p in policies])
        self.bus.start()
        self.data = os.path.join(self.folder, "var-lib-omg")
        self.etc = os.path.join(self.folder, "etc-omg")
        self.trap = os.path.join(self.folder, "trap")
        for name in ("var-lib-omg", "var-cache-omg", "etc-omg", "stage", "trap"):
            os.mkdir(os.path.join(self.folder, name), 0o700)
        os.mkdir(os.path.join(self.etc, "omgd.conf.d"))
        with open(os.path.join(self.etc, "omgd.conf.d", "00-test.conf"), "w",
                  encoding="utf-8") as f:
            f.write("[sync]\ntracker=0\nosv=0\naur=0\n")

    def configure(self, text):
        with open(os.path.join(self.etc, "omgd.conf"), "w", encoding="utf-8") as f:
            f.write(text)

    def mounts(self):
        libexec = os.environ["OMG_LIBEXECDIR"]
        return {"/var/lib/omg": self.data, "/etc/omg": self.etc, "/etc/pacman.conf": self.conf,
                "/var/cache/omg": os.path.join(self.folder, "var-cache-omg"),
                os.path.join(libexec, "omgd-index"): os.environ["OMG_INDEX_HELPER"],
                os.path.join(libexec, "omgd-fetch"): os.environ["OMG_FETCH_HELPER"],
                os.environ["OMG_OSV_NAMES_INSTALLED"]: os.environ["OMG_OSV_NAMES"]}

    def environment(self, **more):
        """Everything that a user's environment may have leads into the trap."""
        trapped = {name: os.path.join(self.trap, name) for name in (
            "HOME", "OMG_CACHE_DIR", "OMG_CONFIG_DIR", "OMG_DAEMON_DATA_DIR", "OMG_INDEX_HELPER",
            "OMG_PACMAN_CONF", "OMG_PACMAN_DB_DIR", "OMG_PACMAN_ROOT", "OMG_SOCKET_PATH",
            "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "GNUPGHOME", "TMPDIR")}
        trapped.update(XDG_RUNTIME_DIR=self.trap, OMG_LOG_LEVEL="err",
                       DBUS_SESSION_BUS_ADDRESS="unix:path=%s/no-bus" % self.trap,
                       DBUS_SYSTEM_BUS_ADDRESS=self.bus.address)
        trapped.update(more)
        return super().environment(**trapped)

    def command(self, *arguments, who=("--bounding-set=-all", "--inh-caps=-all")):
        """As root without capabilities, as the unit has it."""
        pairs = ["%s=%s" % pair for pair in self.mounts().items()]
        stage = os.path.join(self.folder, "stage")
        if self.unit:
            who = (*who, sys.executable, os.path.join(omgtest.HERE, "omgfilter.py"), self.unit,
                   "--")
        return ["unshare", "-m", sys.executable, os.path.join(omgtest.HERE, "omgmounts.py"), stage,
                *pairs, "--", shutil.which("setpriv"), "--no-new-privs", *who,
                omgtest.program("OMGD"), "--system", *arguments]

    def start(self, wait=True, **environment):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command("--foreground"), stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL,
                                            env=self.environment(**environment))
        wait_until(lambda: self.has_name() or self.process.poll() is not None, 20, "the name")
        if self.process.poll() == 77:
            raise Skip("no mounts of our own here: " + self.log())
        self.wait_name()
        return self

    def client(self, calls, **who):
        """[(error name or None, text)] of calls by another process; of root without who."""
        done = subprocess.run([sys.executable, "-c", CLIENT, self.bus.address],
                              input=json.dumps(calls).encode(), capture_output=True, check=False,
                              timeout=120 * omgtest.SLOW, cwd="/", **who)
        if done.returncode != 0:
            raise AssertionError("client: " + done.stderr.decode())
        return json.loads(done.stdout)


def zero(signature):
    """A value for one argument, as text."""
    empty = "{}" if signature.startswith("a{") else "[]"
    return {"s": "''", "o": "objectpath '/'", "u": "uint32 0", "t": "uint64 0", "i": "0",
            "b": "false"}.get(signature) or "@%s %s" % (signature, empty)


class Member:
    def __init__(self, interface, element):
        self.interface = interface.get("name")
        self.name = element.get("name")
        self.changes = any(a.get("name") == NAME + ".Changes" and a.get("value") == "true"
                           for a in element.findall("annotation"))
        self.arguments = [a.get("type") for a in element.findall("arg")
                          if a.get("direction") == "in"]

    def call(self, job):
        """A call of it, with nothing in its arguments."""
        values = [zero(signature) for signature in self.arguments]
        text = "(%s%s)" % (", ".join(values), "," if len(values) == 1 else "") if values else ""
        return (NAME, job if self.interface == NAME + ".Job" else PATH, self.interface, self.name,
                text)


def read_members():
    found = []
    for path in sorted(glob.glob(os.path.join(SOURCE, "introspection/*.xml"))):
        # What is not there on the system bus.
        if path.endswith("Runtimes.xml"):
            continue
        for interface in ElementTree.parse(path).getroot().findall("interface"):
            found += [Member(interface, method) for method in interface.findall("method")]
    return found


def refresh(bench):
    """A job of root's."""
    return bench.call(MANAGER, "Refresh", "asa{sv}", ["status"], {})[0]


def denied(members, answers):
    return ["%s.%s" % (m.interface, m.name)
            for m, (error, _) in zip(members, answers) if error == ACCESS_DENIED]


def names(members):
    return ["%s.%s" % (m.interface, m.name) for m in members]


# -- tests --------------------------------------------------------------------------------------


@test("whoever it is may read, and sees what root sees")
def _():
    with SystemBench() as bench:
        bench.start().wait_loaded()
        status = bench.properties()
        same(status["State"], "ok", "State")
        calls = [(NAME, PATH, PROPERTIES, "Get", "('%s', 'TotalPackages')" % STATUS),
                 (NAME, PATH, PACKAGES, "Search", "('bash', @a{sv} {})"),
                 (NAME, PATH, MANAGER, "ListJobs", ""),
                 (NAME, PATH, "org.freedesktop.DBus.Peer", "Ping", ""),
                 (NAME, PATH, "org.freedesktop.DBus.Introspectable", "Introspect", ""),
                 (NAME, PATH, PROPERTIES, "GetAll", "('%s',)" % STATUS),
                 (NAME, PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", "")]
        for_nobody, for_root = bench.client(calls, **NOBODY), bench.client(calls)
        same(for_nobody, for_root, "answers")
        same([error for error, _ in for_nobody], [None] * len(calls), "errors")
        same(for_nobody[0][1], "(<uint32 %d>,)" % status["TotalPackages"], "a property")


@test("each member that changes something is root's, by the policy; all others are everybody's")
def _():
    members = read_members()
    with SystemBench() as bench:
        bench.start().wait_loaded()
        job = refresh(bench)
        before = bench.metrics()["calls-total"]
        refused = denied(members, bench.client([m.call(job) for m in members], **NOBODY))
        same(refused, names([m for m in members if m.changes]), "refused to nobody")
        reached = bench.metrics()["calls-total"] - before - 1
        same(reached <= len(members) - len(refused), True, "refused calls came to omgd")
        same([name for name in denied(members, bench.client([m.call(job) for m in members]))
              if not name.endswith(".Cancel")], [], "refused to root")
        setter = (NAME, PATH, PROPERTIES, "Set", "('%s', 'State', <'ok'>)" % STATUS)
        same(bench.client([setter], **NOBODY)[0][0], ACCESS_DENIED, "Set")


@test("and by omgd itself, should the policy allow it")
def _():
    members = [m for m in read_members() if m.changes]
    with SystemBench(policies=()) as bench:
        bench.bus.stop()
        config = ElementTree.parse(bench.bus.config)
        policy = ElementTree.SubElement(config.getroot(), "policy", context="default")
        for rule in ({"own": NAME}, {"send_destination": NAME}):
            ElementTree.SubElement(policy, "allow", rule)
        config.write(bench.bus.config)
        bench.bus.start()
        bench.start().wait_loaded()
        job = refresh(bench)
        answers = bench.client([m.call(job) for m in members], **NOBODY)
        same(denied(members, answers), names(members), "refused to nobody")
        for member, (_, text) in zip(members, answers):
            if "%s is for root" % member.name not in text:
                raise AssertionError("%s: %s" % (member.name, text))
        same([name for name in denied(members, bench.client([m.call(job) for m in members]))
              if not name.endswith(".Cancel")], [], "refused to root")


@test("the words of the hook of pacman reach it, as root's")
def _():
    with open(os.path.join(SOURCE, "packaging/omgd.hook"), encoding="utf-8") as f:
        line = [text for text in f if text.startswith("Exec = ")][0]
    words = shlex.split(line.removeprefix("Exec = "))
    same(words[:2], ["/bin/sh", "-c"], "the hook's program")
    call = words[2].removesuffix(" >/dev/null 2>&1 || :")
    same("|" in call, False, "a failure would not show")
    with SystemBench() as bench:
        bench.start().wait_loaded()
        before = bench.metrics()
        done = subprocess.run(["/bin/sh", "-c", call], env=bench.environment(), check=False,
                              stdin=subprocess.DEVNULL, capture_output=True)
        same((done.returncode, done.stdout, done.stderr), (0, b"", b""), "busctl")
        wait_until(lambda: bench.metrics()["refreshes-total"] > before["refreshes-total"], 5,
                   "a look")


@test("each member of the XML says whether it changes something")
def _():
    odd = [m.name for m in read_members() if not m.changes and not m.name.startswith(READING)]
    same(odd, [], "neither named as one that reads, nor with the annotation org.omgd1.Changes")


@test("only root owns the name")
def _():
    call = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
            "('%s', uint32 4)" % NAME)
    with SystemBench() as bench:
        same(bench.client([call], **NOBODY)[0][0], ACCESS_DENIED, "nobody asks for the name")
        same(bench.client([call])[0], [None, "(uint32 1,)"], "root asks for it")


@test("nothing of the environment counts, and there is no socket, status file or Runtimes")
def _():
    with SystemBench() as bench:
        bench.configure("[limits]\nrate=many\n")
        bench.start().wait_loaded()
        same(bench.properties()["TotalPackages"],
             len(os.listdir(bench.local)) - os.path.exists(os.path.join(bench.local,
                                                                        "ALPM_DB_VERSION")),
             "packages of /etc/pacman.conf")
        same(os.listdir(bench.trap), [], "made where the environment said")
        same([os.path.basename(path) for path in omgtest.index_files(bench)],
             ["local.idx", "sync.idx"], "in /var/lib/omg")
        if "/etc/omg/omgd.conf:2: [limits] rate" not in bench.log():
            raise AssertionError("/etc/omg/omgd.conf was not read: " + bench.log())
        if "owns org.omgd1 on the system bus" not in bench.log():
            raise AssertionError("OMG_LOG_LEVEL counted: " + bench.log())
        same(listening(bench.process.pid), [], "sockets that listen")
        root = "/proc/%d/root" % bench.process.pid
        for path in ("/tmp/omg.sock", "/tmp/omg.status", "/run/user/0/omg.sock"):
            same(os.path.lexists(root + path), os.path.lexists(path), path)
        reply = bench.raw_call(NAME, PATH, "org.freedesktop.DBus.Introspectable", "Introspect")
        same("Runtimes" in reply[0], False, "Runtimes")
        same(bench.stop(), 0, "exit code")


def listening(pid):
    """Unix sockets of a process that listen."""
    inodes = set()
    for link in glob.glob("/proc/%d/fd/*" % pid):
        target = os.readlink(link)
        if target.startswith("socket:["):
            inodes.add(target[len("socket:["):-1])
    with open("/proc/%d/net/unix" % pid, encoding="utf-8") as f:
        rows = [line.split() for line in f][1:]
    return [row for row in rows if row[6] in inodes and int(row[3], 16) & 0x10000]


@test("a second one ends with 3, one of nobody's with 1, and detached it returns when it serves")
def _():
    with SystemBench() as bench:
        def run(*arguments, **who):
            done = subprocess.run(bench.command(*arguments), env=bench.environment(), check=False,
                                  stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=30 * omgtest.SLOW, **who)
            if done.returncode == 77:
                raise Skip("no mounts of our own here")
            return done.returncode, done.stderr.decode()

        code, err = run()
        same((code, bench.has_name()), (0, True), "detached (%s)" % err)
        bench.stray.add(bench.owner_pid())
        code, err = run("--foreground")
        same((code, "/var/lib/omg/omgd.lock" in err), (3, True), "a second one: " + err)

    with SystemBench() as bench:
        nobody = ("--reuid=65534", "--regid=65534", "--clear-groups")
        done = subprocess.run(bench.command("--foreground", who=nobody), check=False,
                              env=bench.environment(), stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=30 * omgtest.SLOW)
        err = done.stderr.decode()
        if done.returncode == 127 or "setpriv" in err:
            raise Skip("the programs are not readable for others")
        same((done.returncode, "/var/lib/omg" in err), (1, True), "as nobody: " + err)


@test("the system calls that its unit allows are enough, for the helpers too")
def _():
    if omgtest.SLOW > 1:
        raise Skip("sanitizers use ptrace(2)")
    with HttpFake() as mirror, SystemBench() as bench:
        omgroot.write_file(os.path.join(bench.root, "etc/pacman.d/mirrorlist"),
                           "Server = %s/$repo\n" % mirror.url(""))
        for database in glob.glob(bench.sync + "/*.db"):
            name = os.path.basename(database)
            with open(database, "rb") as f:
                mirror.serve("/%s/%s" % (name[:-3], name), f.read(), int(time.time()))
        bench.unit = os.path.join(SOURCE, "systemd/system/omgd.service.in")
        bench.start().wait_loaded()
        same(bench.properties()["State"], "ok", "State")
        with open("/proc/%d/status" % bench.process.pid, encoding="utf-8") as f:
            fields = dict(line.split(":\t", 1) for line in f.read().splitlines())
        same((fields["Seccomp"], fields["CapBnd"].strip("0"), fields["CapEff"].strip("0")),
             ("2", "", ""), "filter and capabilities")
        files, _ = bench.call(PACKAGES, "GetFiles", "sa{sv}", "bash", options())
        same(len(files) > 1, True, "files of bash")
        job = bench.call(MANAGER, "Refresh", "asa{sv}", ["sync", "status", "files"],
                         options(force=True))[0]
        wait_until(lambda: bench.raw_call(NAME, job, PROPERTIES, "Get", GLib.Variant(
            "(ss)", (NAME + ".Job", "State")))[0] == "done", 20, "a forced refresh")
        same([name for name in ("core", "extra") if not mirror.of("/%s/%s.db" % (name, name))], [],
             "databases that nobody asked for")
        if "not permitted" in bench.log():
            raise AssertionError(bench.log())
        same(bench.stop(), 0, "exit code")


@test("without a system bus it waits for one, and says which")
def _():
    with SystemBench() as bench:
        bench.bus.stop()
        with open(bench.log_path, "ab") as log:
            bench.process = subprocess.Popen(bench.command("--foreground"), stdout=log, stderr=log,
                                             stdin=subprocess.DEVNULL, env=bench.environment())
        wait_until(lambda: "No connection to the system bus" in bench.log()
                   or bench.process.poll() is not None, 20, "words about the system bus")
        if bench.process.poll() == 77:
            raise Skip("no mounts of our own here")
        bench.bus.start()
        bench.wait_name(20)


omgtest.run_tests()
