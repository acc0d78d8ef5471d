# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end-to-end tests share: a private bus, an omgd of their own, TAP output.

The programs come from the environment: OMGD, OMG_INDEX_HELPER, OMGCTL. OMG_REAL_DATA, when set,
names the folder with real databases. Nothing here touches the session bus, the system's pacman
or $HOME.
"""

import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402 (the version must be required first)

HERE = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "../../tools"))

import omgroot  # noqa: E402,F401 (tests use it through this module)

NAME = "org.omgd1"
PATH = "/org/omgd1"
PACKAGES = "org.omgd1.Packages"
STATUS = "org.omgd1.Status"
MANAGER = "org.omgd1.Manager"
PROPERTIES = "org.freedesktop.DBus.Properties"
INVALID_ARGS = "org.freedesktop.DBus.Error.InvalidArgs"
LIMITS_EXCEEDED = "org.freedesktop.DBus.Error.LimitsExceeded"
DATABASE_MISSING = "org.omgd1.Error.DatabaseMissing"
UNKNOWN = 4294967295

FLAG_INSTALLED, FLAG_EXPLICIT, FLAG_ORPHAN, FLAG_FOREIGN, FLAG_UPGRADABLE = 1, 2, 4, 8, 16
FLAG_IGNORED = 64
UPDATE_IGNORED, UPDATE_REPLACES = 2, 4

# Sanitizers make everything slower: bounds on time are stretched, not dropped.
SLOW = float(os.environ.get("OMG_TEST_SLOW") or 1)


class Skip(Exception):
    """Raised by a test that cannot run here."""


class CallError(Exception):
    """A D-Bus error reply: name and message."""

    def __init__(self, name, message):
        super().__init__("%s: %s" % (name, message))
        self.name = name
        self.message = message


def program(variable):
    path = os.environ.get(variable)
    if not path:
        sys.exit("%s is not set: it must name the program to test" % variable)
    return path


def real_data(folder):
    """The folder with that real data, or a skip."""
    base = os.environ.get("OMG_REAL_DATA")
    path = os.path.join(base, folder) if base else None
    if not path or not os.path.exists(path):
        raise Skip("no real data")
    return path


def need_pacman():
    if not shutil.which("pacman"):
        raise Skip("no pacman")


def wait_until(condition, seconds, what):
    """Polls; returns what the condition returned. Fails after seconds (times SLOW)."""
    end = time.monotonic() + seconds * SLOW
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("waited %g s for: %s" % (seconds * SLOW, what))
        time.sleep(0.01)


def same(got, expected, what):
    if got != expected:
        raise AssertionError("%s:\n     got %.2000r\nexpected %.2000r" % (what, got, expected))


def options(**values):
    """a{sv} of Python values; tuples are (signature, value), the names' _ become -."""
    made = {}
    for name, value in values.items():
        if isinstance(value, tuple):
            variant = GLib.Variant(*value)
        elif isinstance(value, bool):
            variant = GLib.Variant("b", value)
        elif isinstance(value, int):
            variant = GLib.Variant("t" if name == "generation" else "u", value)
        elif isinstance(value, list):
            variant = GLib.Variant("as", value)
        else:
            variant = GLib.Variant("s", value)
        made[name.replace("_", "-")] = variant
    return made


BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <limit name="max_replies_per_connection">50000</limit>
</busconfig>
"""


# dbus-broker-launch takes its socket from its starter and wants a journal: where there is none, one
# of our own in a /run of our own. The bus that it asks for systemd is the one that it makes.
BROKER = """
[ -S /run/systemd/journal/socket ] || {
    mount -t tmpfs tmpfs /run && mkdir /run/systemd && ln -s "$1/journal" /run/systemd/journal
} || exit 1
export DBUS_SESSION_BUS_ADDRESS="unix:path=$1/bus" LISTEN_FDS=1 LISTEN_PID=$$
exec dbus-broker-launch --scope user --config-file "$1/bus.conf" 3<&0 </dev/null
"""


class Bus:
    """A dbus-daemon of our own on a Unix socket in the bench's folder; a dbus-broker when
    OMG_TEST_BUS is "broker"."""

    def __init__(self, folder):
        self.folder = folder
        self.socket = os.path.join(folder, "bus")
        self.address = "unix:path=" + self.socket
        self.config = os.path.join(folder, "bus.conf")
        self.process = None
        self.journal = None
        with open(self.config, "w", encoding="utf-8") as f:
            f.write(BUS_CONFIG.format(socket=self.socket))

    def start(self):
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        if os.environ.get("OMG_TEST_BUS") == "broker":
            self.start_broker()
            return
        self.process = subprocess.Popen(["dbus-daemon", "--config-file=" + self.config, "--nofork"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait_until(self.is_listening, 10, "the bus")

    def is_listening(self):
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(self.socket) == 0

    def start_broker(self):
        command = ["sh", "-c", BROKER, "sh", self.folder]
        if not os.path.exists("/run/systemd/journal/socket"):
            command = ["unshare", "-m", *command]
        if not self.journal:
            os.mkdir(os.path.join(self.folder, "journal"))
            self.journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.journal.bind(os.path.join(self.folder, "journal/socket"))
            # Nobody may wait for a reader.
            threading.Thread(target=drain, args=(self.journal,), daemon=True).start()
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(self.socket)
            listening.listen(128)
            self.process = subprocess.Popen(command, stdin=listening, stdout=subprocess.DEVNULL,
                                            stderr=subprocess.DEVNULL)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


def drain(journal):
    while journal.recv(65536):
        pass


def broker_hindrance():
    """Why no dbus-broker can run here, or None."""
    if not shutil.which("dbus-broker-launch"):
        return "no dbus-broker"
    with Bench(root=None) as bench:
        try:
            bench.raw_call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                           "GetId")
        except GLib.Error:
            return "dbus-broker does not run here (no journal, and not root?)"
    return None


class Bench:
    """A folder, a bus, a pacman root and an omgd; `with Bench() as bench:` tidies up."""

    def __init__(self, root="sample", bus=True):
        self.folder = tempfile.mkdtemp(prefix="omgd-test-")
        self.root = os.path.join(self.folder, "root")
        self.data = os.path.join(self.folder, "data")
        self.runtime = os.path.join(self.folder, "run")
        self.log_path = os.path.join(self.folder, "omgd.log")
        self.config = os.path.join(self.folder, "config")
        os.mkdir(self.runtime, 0o700)
        # Whether this machine has a network is no matter of most tests, nor what servers have.
        self.drop_in("00-test", "[network]\nmode=online\n\n"
                     "[sync]\nmirrors=0\ntracker=0\nosv=0\naur=0\n")
        self.bus = Bus(self.folder)
        self.process = None
        self.stray = set()
        self.identity = {}
        self._connection = None
        if root == "sample":
            omgroot.make_sample(self.root)
        elif root:
            root(self.root)
        if bus:
            self.bus.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind:
                sys.stdout.write(diagnostics("log of omgd:\n" + self.log()[-3000:]))
            if self.process and self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
                try:
                    self.process.wait(5 * SLOW)
                except subprocess.TimeoutExpired:
                    self.process.kill()
                    self.process.wait()
            for pid in self.stray:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.disconnect()
            self.bus.stop()
            if not kind:
                self.check_log()
        finally:
            for folder, _, _ in os.walk(self.folder):
                os.chmod(folder, 0o700)
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def conf(self):
        return os.path.join(self.root, "etc/pacman.conf")

    @property
    def sync(self):
        return os.path.join(omgroot.db_folder(self.root), "sync")

    @property
    def local(self):
        return os.path.join(omgroot.db_folder(self.root), "local")

    def environment(self, **more):
        environment = {k: v for k, v in os.environ.items()
                       if not k.startswith(("OMG_", "XDG_", "DBUS_", "LC_"))}
        environment.pop("NOTIFY_SOCKET", None)
        environment.pop("JOURNAL_STREAM", None)
        environment.update(
            LANG="C.UTF-8", TZ="UTC", HOME=self.folder,
            DBUS_SESSION_BUS_ADDRESS=self.bus.address,
            DBUS_SYSTEM_BUS_ADDRESS="unix:path=" + os.path.join(self.folder, "no-system-bus"),
            XDG_RUNTIME_DIR=self.runtime, XDG_DATA_HOME=os.path.join(self.folder, "xdg-data"),
            XDG_CACHE_HOME=os.path.join(self.folder, "xdg-cache"),
            XDG_CONFIG_HOME=os.path.join(self.folder, "xdg-config"),
            OMG_PACMAN_CONF=self.conf, OMG_DAEMON_DATA_DIR=self.data,
            OMG_CACHE_DIR=os.path.join(self.folder, "cache"),
            OMG_CONFIG_DIR=self.config,
            OMG_SOCKET_PATH=os.path.join(self.runtime, "omg.sock"))
        for helper in ("OMG_INDEX_HELPER", "OMG_FETCH_HELPER", "OMG_OSV_NAMES"):
            if os.environ.get(helper):
                environment[helper] = os.environ[helper]
        environment.update(more)
        return environment

    def drop_in(self, name, text):
        """Writes a drop-in of omgd.conf, which counts after those of lesser names."""
        folder = os.path.join(self.config, "omgd.conf.d")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, name + ".conf"), "w", encoding="utf-8") as f:
            f.write(text)

    def omgd(self, *arguments, timeout=30, **environment):
        """Runs omgd to its end: (exit code, standard output, standard error)."""
        done = subprocess.run([program("OMGD"), *arguments], env=self.environment(**environment),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout * SLOW,
                              check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def start(self, wait=True, **environment):
        """Starts omgd in the foreground, its log in a file, and waits for the bus name."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([program("OMGD"), "--foreground"], stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL,
                                            env=self.environment(**environment),
                                            **self.identity)
        if wait:
            self.wait_name()
        return self

    def as_ordinary_user(self):
        """From now on omgd runs as somebody whom file permissions stop; skips where the programs
        are out of that user's reach."""
        if os.geteuid() != 0:
            return
        self.identity = {"user": 65534, "group": 65534, "extra_groups": []}
        for folder, _, files in os.walk(self.folder):
            for path in (folder, *(os.path.join(folder, name) for name in files)):
                os.chown(path, 65534, 65534, follow_symlinks=False)
        for variable in ("OMGD", "OMG_INDEX_HELPER"):
            try:
                subprocess.run([program(variable), "--version"], check=False, capture_output=True,
                               stdin=subprocess.DEVNULL, **self.identity)
            except PermissionError:
                raise Skip("the programs are not readable for others") from None

    def stop(self, sig=signal.SIGTERM, seconds=5):
        """Ends omgd; its exit code."""
        self.process.send_signal(sig)
        code = self.process.wait(seconds * SLOW)
        self.process = None
        return code

    def wait_name(self, seconds=10):
        def owned():
            if self.process and self.process.poll() is not None:
                raise AssertionError("omgd ended with %d:\n%s" % (self.process.returncode,
                                                                  self.log()))
            return self.has_name() and (not self.process or self.owner_pid() == self.process.pid)
        wait_until(owned, seconds, "the bus name")

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def check_log(self):
        log = self.log()
        found = re.search(r"ERROR: \w*Sanitizer|runtime error:|GLib-\w+ \*\*|CRITICAL", log)
        if found:
            raise AssertionError("in the log of omgd: %s" % log[found.start():][:3000])

    # -- calls ---------------------------------------------------------------------------------

    @property
    def connection(self):
        if self._connection is None or self._connection.is_closed():
            self._connection = self.connect()
        return self._connection

    def connect(self):
        connection = Gio.DBusConnection.new_for_address_sync(
            self.bus.address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT |
            Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        connection.set_exit_on_close(False)
        return connection

    def disconnect(self):
        if self._connection is not None and not self._connection.is_closed():
            self._connection.close_sync(None)
        self._connection = None

    def raw_call(self, destination, path, interface, member, parameters=None, timeout=30):
        try:
            reply = self.connection.call_sync(destination, path, interface, member, parameters,
                                              None, Gio.DBusCallFlags.NO_AUTO_START,
                                              int(timeout * SLOW * 1000), None)
        except GLib.Error as error:
            name = Gio.DBusError.get_remote_error(error)
            if not name:
                raise
            Gio.DBusError.strip_remote_error(error)
            raise CallError(name, error.message) from None
        return reply.unpack()

    def call(self, interface, member, signature=None, *arguments):
        parameters = GLib.Variant("(%s)" % signature, arguments) if signature else None
        return self.raw_call(NAME, PATH, interface, member, parameters)

    def has_name(self):
        try:
            return self.raw_call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                 "org.freedesktop.DBus", "NameHasOwner",
                                 GLib.Variant("(s)", (NAME,)))[0]
        except (GLib.Error, CallError):
            self.disconnect()
            return False

    def owner_pid(self):
        """Whose the name is, None when nobody's: the bus may be slow to see that one was killed."""
        try:
            return self.raw_call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                 "org.freedesktop.DBus", "GetConnectionUnixProcessID",
                                 GLib.Variant("(s)", (NAME,)))[0]
        except CallError:
            return None

    def search(self, query, **how):
        return self.call(PACKAGES, "Search", "sa{sv}", query, options(**how))

    def details(self, names, **how):
        return self.call(PACKAGES, "GetDetails", "asa{sv}", names, options(**how))

    def list(self, member, **how):
        """All rows of a list, page by page, as the XML says: one generation throughout."""
        rows, how = [], dict(how)
        limit = how.pop("limit", 1000)
        while True:
            page, meta = self.call(PACKAGES, member, "a{sv}",
                                   options(limit=limit, offset=len(rows), **how))
            rows += page
            how["generation"] = meta["generation"]
            if len(page) < limit:
                return rows, meta

    def properties(self, interface=STATUS):
        return self.call(PROPERTIES, "GetAll", "s", interface)[0]

    def metrics(self):
        return self.call(MANAGER, "GetMetrics")[0]

    def wait_loaded(self, seconds=10):
        wait_until(lambda: self.properties()["State"] not in ("never", "error"), seconds,
                   "the first load")
        return self

    def job_result(self, path):
        """(status, error, message, result) of a job that has ended, else None."""
        try:
            return self.raw_call(NAME, path, "org.omgd1.Job", "GetResult")
        except CallError as error:
            if error.name.endswith(".Busy"):
                return None
            raise

    def signals(self):
        return Signals(self)


class Signals:
    """Everything omgd says from now on, as (interface, member, arguments, arrival)."""

    def __init__(self, bench):
        self.connection = bench.connection
        self.seen = []
        self.id = self.connection.signal_subscribe(
            None, None, None, None, None, Gio.DBusSignalFlags.NONE, self.on_signal)
        # The subscription is on its way: a round trip makes sure that the bus knows it.
        bench.has_name()

    def on_signal(self, _connection, _sender, path, interface, member, parameters):
        if path.startswith(PATH):
            self.seen.append((interface, member, parameters.unpack(), time.monotonic()))

    def pump(self, seconds):
        context = GLib.MainContext.default()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not context.iteration(False):
                time.sleep(0.005)

    def of(self, member):
        return [arguments for _, name, arguments, _ in self.seen if name == member]

    def wait(self, member, seconds=2, accept=lambda arguments: True):
        end = time.monotonic() + seconds * SLOW
        while time.monotonic() < end:
            self.pump(0.02)
            for arguments in self.of(member):
                if accept(arguments):
                    return arguments
        raise AssertionError("no %s within %g s; seen: %.1500r" % (member, seconds * SLOW,
                                                                   self.seen))

    def close(self):
        self.connection.signal_unsubscribe(self.id)


# ---------------------------------------------------------------------------------------------
# The real pacman


def pacman(root, *arguments, check=True):
    """Standard output of pacman as text; bytes that are no UTF-8 become U+FFFD, as on the bus."""
    environment = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.environ["PATH"], "HOME": root}
    done = subprocess.run(
        ["pacman", "--root", root, "--dbpath", omgroot.db_folder(root),
         "--config", os.path.join(root, "etc/pacman.conf"), *arguments],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if check and done.returncode not in (0, 1):
        raise AssertionError("pacman %s: %s" % (" ".join(arguments), done.stderr.decode()))
    done.text = done.stdout.decode("utf-8", "replace")
    done.errors = done.stderr.decode("utf-8", "replace")
    return done


def pacman_lines(root, *arguments):
    return [line for line in pacman(root, *arguments).text.split("\n") if line]


# ---------------------------------------------------------------------------------------------
# TAP

_tests = []


def test(name):
    """Marks a function as a test; run_tests() runs them in order."""
    def mark(function):
        _tests.append((name, function))
        return function
    return mark


def diagnostics(text):
    return "".join("# %s\n" % line for line in text.rstrip().split("\n"))


def run_tests():
    """Runs what @test marked; arguments choose by name part. Exit code 0 when all passed."""
    chosen = [(n, f) for n, f in _tests if not sys.argv[1:] or any(a in n for a in sys.argv[1:])]
    failed = 0
    if os.environ.get("OMG_TEST_BUS") == "broker":
        hindrance = broker_hindrance()
        if hindrance:
            print("1..0 # SKIP " + hindrance)
            sys.exit(0)
    print("1..%d" % len(chosen), flush=True)
    for number, (name, function) in enumerate(chosen, 1):
        begin = time.monotonic()
        try:
            function()
            sys.stdout.write("ok %d - %s\n" % (number, name))
        except Skip as skip:
            sys.stdout.write("ok %d - %s # SKIP %s\n" % (number, name, skip))
        except Exception as error:
            failed += 1
            where = traceback.extract_tb(error.__traceback__)
            lines = ["%s:%d: %s" % (os.path.basename(f.filename), f.lineno, f.line) for f in where]
            sys.stdout.write("not ok %d - %s\n" % (number, name))
            sys.stdout.write(diagnostics("%s: %s\n%s" % (type(error).__name__, error,
                                                         "\n".join(lines))))
        sys.stdout.write("# %.2f s\n" % (time.monotonic() - begin))
        sys.stdout.flush()
    sys.exit(1 if failed else 0)


def index_files(bench):
    return sorted(glob.glob(os.path.join(bench.data, "**", "*.idx"), recursive=True))
