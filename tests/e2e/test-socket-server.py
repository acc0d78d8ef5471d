#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The socket of omg and omg-fast as a place: its file, its peers, its limits. What is said on it is
tested elsewhere; here it is Ping."""

import contextlib
import os
import resource
import select
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time

import omgtest
from omgtest import SLOW, Bench, Skip, same, test, wait_until

EXIT_FAILURE, EXIT_RUNNING, EXIT_PARTLY = 1, 3, 4
UNDECODABLE, LIMITS = -32700, -1002
NOBODY = 65534
CLIENTS = 256
FRAME = 1 << 20
FRAME_SECONDS = 10


def ping(number):
    return b"\0\0\0\x03\x06\x06" + bytes((number,))


def pong(number):
    return b"\0\x06" + bytes((number,)) + b"\x06\x04pong"


class Client:
    """One connection; closed by `with` or by chance."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10 * SLOW)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def read(self, length):
        data = b""
        while len(data) < length:
            piece = self.socket.recv(length - len(data))
            if not piece:
                break
            data += piece
        return data

    def frame(self):
        """The next body, None at the end."""
        head = self.read(4)
        return self.read(struct.unpack(">I", head)[0]) if head else None

    def expect_pong(self, number):
        same(self.frame(), pong(number), "the answer to a ping")

    def ping(self, number=1):
        self.send(ping(number))
        self.expect_pong(number)

    def expect_error(self, code):
        """An error that answers no request that is known."""
        body = self.frame()
        if body is None:
            raise AssertionError("the connection ended without the error %d" % code)
        same(body[:3], b"\x01\x06\0", "beginning of an error")
        same(struct.unpack("<i", body[4:8])[0], code, "code of the error (%r)" % body)

    def expect_end(self):
        same(self.frame(), None, "the end of the connection")


def answers(path):
    """Whether a ping gets its pong: not an error, as for one client too many."""
    try:
        with Client(path) as client:
            client.send(ping(1))
            return client.frame() == pong(1)
    except OSError:
        return False


def launch(bench, *arguments, environment=None, **how):
    """omgd in the foreground with these arguments."""
    with open(bench.log_path, "ab") as log:
        bench.process = subprocess.Popen(
            [omgtest.program("OMGD"), "--foreground", *arguments], stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, env=environment or bench.environment(), **how)


def wait_socket(bench, path):
    def is_there():
        if bench.process.poll() is not None:
            raise AssertionError("omgd ended with %d:\n%s" % (bench.process.returncode,
                                                              bench.log()))
        return answers(path)
    wait_until(is_there, 10, "an answer at " + path)


def default_path(bench):
    return os.path.join(bench.runtime, "omg.sock")


class Served(Bench):
    """A bench without a bus, whose omgd listens."""

    def __enter__(self):
        super().__enter__()
        try:
            self.path = default_path(self)
            self.launch()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def launch(self, **how):
        launch(self, **how)
        wait_socket(self, self.path)


def served():
    return Served(bus=False)


# -- the path -------------------------------------------------------------------------------------

@test("the path: --socket, else $OMG_SOCKET_PATH, else $XDG_RUNTIME_DIR; 0600; gone at the end")
def paths():
    with Bench(bus=False) as bench:
        own = os.path.join(bench.folder, "own.sock")
        variable = os.path.join(bench.folder, "variable.sock")
        default = default_path(bench)
        without = bench.environment()
        del without["OMG_SOCKET_PATH"]
        everywhere = {own, variable, default}
        for path, arguments, environment in (
                (default, (), without),
                (variable, (), bench.environment(OMG_SOCKET_PATH=variable)),
                (own, ("--socket", own), bench.environment(OMG_SOCKET_PATH=variable))):
            # Others' umask must not matter.
            launch(bench, *arguments, environment=environment, umask=0)
            wait_socket(bench, path)
            same(stat.filemode(os.lstat(path).st_mode), "srw-------", "mode of " + path)
            same([p for p in everywhere if os.path.lexists(p)], [path], "sockets that are there")
            same(sorted(n for n in os.listdir(os.path.dirname(path)) if n.startswith(".")), [],
                 "hidden files beside it")
            same(bench.stop(), 0, "exit code")
            same(os.path.lexists(path), False, "the socket is there after the end")


@test("a directory of another user is served with a warning")
def foreign_directory():
    if os.geteuid() != 0:
        raise Skip("not root: no directory of somebody else")
    with Bench(bus=False) as bench:
        os.chown(bench.runtime, NOBODY, NOBODY)
        launch(bench)
        wait_socket(bench, default_path(bench))
        if "where others may put files too" not in bench.log():
            raise AssertionError("no warning: %r" % bench.log())
        same(bench.stop(), 0, "exit code")


@test("a socket that kill -9 left is replaced")
def stale():
    with served() as bench:
        bench.stop(signal.SIGKILL)
        same(os.path.lexists(bench.path), True, "the socket is there after kill -9")
        bench.launch()
        same(bench.stop(), 0, "exit code")
        same(os.path.lexists(bench.path), False, "the socket is there after the end")


@test("a second omgd with the same socket ends with 3 and names it; the first goes on")
def second():
    with served() as bench, Client(bench.path) as client:
        other = os.path.join(bench.folder, "other-data")
        for arguments in ((), ("--foreground",), ("--foreground", "--socket", bench.path)):
            code, _, err = bench.omgd(*arguments, OMG_DAEMON_DATA_DIR=other)
            same(code, EXIT_RUNNING, "exit code of omgd %s (%s)" % (arguments, err))
            if bench.path not in err or "already running" not in err:
                raise AssertionError("it says %r" % err)
        code, _, err = bench.omgd("--socket", os.path.join(bench.folder, "elsewhere.sock"))
        same(code, EXIT_RUNNING, "exit code with the same data directory (%s)" % err)
        same(os.path.exists(os.path.join(bench.folder, "elsewhere.sock")), False, "its socket")
        client.ping()
        same(answers(bench.path), True, "the first one answers")


@test("of eight that start at once over a stale socket one serves it, seven end with 3")
def many():
    with served() as bench:
        bench.stop(signal.SIGKILL)
        started = [subprocess.Popen(
            [omgtest.program("OMGD"), "--foreground"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=bench.environment(
                OMG_DAEMON_DATA_DIR=os.path.join(bench.folder, "data-%d" % i))) for i in range(8)]
        try:
            wait_until(lambda: sum(p.poll() is not None for p in started) == 7, 10, "seven ends")
            same([p.returncode for p in started if p.poll() is not None], [EXIT_RUNNING] * 7,
                 "their exit codes")
            same(answers(bench.path), True, "the one that is left answers")
        finally:
            for process in started:
                process.terminate()
                process.wait(10 * SLOW)


def make_file(path):
    with open(path, "w", encoding="utf-8") as f:
        f.write("mine")


def make_link(path):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path + ".target")
    os.symlink(path + ".target", path)


def make_foreign(path):
    if os.geteuid() != 0:
        raise Skip("not root")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    os.chown(path, NOBODY, NOBODY)


def identity(path):
    status = os.lstat(path)
    return status.st_ino, status.st_mode, status.st_uid, status.st_ctime_ns


def contents(folder):
    """What is there but omg.status, which is written without a socket too."""
    return {name: identity(os.path.join(folder, name)) for name in os.listdir(folder)
            if "omg.status" not in name}


def refuse(make, text):
    """At a path in a directory of everybody's, as /tmp is."""
    with Bench() as bench:
        shared = os.path.join(bench.folder, "shared")
        os.mkdir(shared)
        os.chmod(shared, 0o1777)
        path = os.path.join(shared, "omg.sock")
        make(path)
        before = contents(shared)
        code, _, err = bench.omgd("--foreground", "--socket", path)
        same(code, EXIT_FAILURE, "exit code with --socket (%s)" % err)
        for word in (path, text):
            if word not in err:
                raise AssertionError("%r is not in %r" % (word, err))
        code, _, err = bench.omgd(OMG_SOCKET_PATH=path)
        bench.stray.add(bench.owner_pid())
        same(code, EXIT_PARTLY, "exit code of a detached start (%s)" % err)
        for word in (path, text, "running, but without socket", "others may put files"):
            if word not in err:
                raise AssertionError("%r is not in %r" % (word, err))
        bench.wait_loaded()
        same(contents(shared), before, "what was there")


@test("a file at the path is left alone: D-Bus alone (4), or with --socket the end (1)")
def foreign_file():
    refuse(make_file, "a regular file")


@test("a symbolic link at the path is neither followed nor removed")
def foreign_link():
    refuse(make_link, "a symbolic link")


@test("another user's socket at the path is left alone, dead as it is")
def foreign_socket():
    refuse(make_foreign, "belongs to user %d" % NOBODY)


@test("a socket in a directory of everybody's is served, with a warning")
def shared_directory():
    with Bench(bus=False) as bench:
        path = os.path.join(bench.folder, "shared/omg.sock")
        os.mkdir(os.path.dirname(path))
        os.chmod(os.path.dirname(path), 0o1777)
        launch(bench, environment=bench.environment(OMG_SOCKET_PATH=path))
        wait_socket(bench, path)
        if "others may put files" not in bench.log():
            raise AssertionError("no warning: %r" % bench.log())
        same(stat.filemode(os.lstat(path).st_mode), "srw-------", "mode")


# A /tmp, and no runtime directories, that only omgd sees.
OWN_TMP = """
mount -t tmpfs -o mode=1777 tmpfs /tmp || exit 77
[ ! -d /run/user ] || mount -t tmpfs tmpfs /run/user || exit 77
case $1 in
file) echo mine >/tmp/omg.sock ;;
link) ln -s "$2" /tmp/omg.sock ;;
foreign) echo mine >/tmp/omg.sock && chown 65534 /tmp/omg.sock ;;
run) mount -t tmpfs tmpfs /run && mkdir -p "/run/user/$(id -u)" || exit 77 ;;
esac
shift 2
exec "$@"
"""


def in_own_tmp(bench, occupant):
    """Starts omgd without any variable that names the socket; the path of its root directory."""
    environment = bench.environment()
    for name in ("OMG_SOCKET_PATH", "XDG_RUNTIME_DIR"):
        del environment[name]
    # The programs may be in the real /tmp.
    root = "/proc/%d/root" % os.getpid()
    if "OMG_INDEX_HELPER" in environment:
        environment["OMG_INDEX_HELPER"] = root + environment["OMG_INDEX_HELPER"]
    target = os.path.join(bench.folder, "target")
    make_file(target)
    with open(bench.log_path, "ab") as log:
        bench.process = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", OWN_TMP, "sh", occupant, target,
             root + omgtest.program("OMGD"), "--foreground"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
    return "/proc/%d/root" % bench.process.pid


def wait_log(bench, text):
    def is_there():
        if bench.process.poll() is not None:
            if bench.process.returncode == 77:
                raise Skip("no mounts of our own here")
            raise AssertionError("omgd ended with %d" % bench.process.returncode)
        return text in bench.log()
    wait_until(is_there, 10, "%r in the log" % text)


@contextlib.contextmanager
def own_mounts(folder):
    """A system whose folder is not the real one's; the test's own files are out of its way."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        raise Skip("not root, or no unshare: no %s of its own" % folder)
    tempfile.tempdir = "/var/tmp"
    try:
        yield
    finally:
        tempfile.tempdir = None


@test("/tmp/omg.sock, the last resort: served where nothing is, else left alone")
def last_resort():
    with own_mounts("/tmp"):
        for occupant, text in (("nothing", "listens at /tmp/omg.sock"),
                               ("file", "/tmp/omg.sock is a regular file"),
                               ("link", "/tmp/omg.sock is a symbolic link"),
                               ("foreign", "/tmp/omg.sock is a regular file")):
            with Bench() as bench:
                path = in_own_tmp(bench, occupant) + "/tmp/omg.sock"
                wait_log(bench, text)
                wait_log(bench, "others may put files")
                bench.wait_name()
                if occupant == "nothing":
                    same(answers(path), True, "an answer")
                else:
                    wait_log(bench, "serving D-Bus alone")
                    with open(os.path.join(bench.folder, "target"), encoding="utf-8") as f:
                        same(f.read(), "mine", "what the link points to")
                    same(stat.S_ISSOCK(os.lstat(path).st_mode), False, "a socket is there")
                same(bench.stop(), 0, "exit code")


@test("/run/user/<uid>/omg.sock, where that directory is and no variable names another")
def run_user():
    with own_mounts("/run"):
        with Bench(bus=False) as bench:
            root = in_own_tmp(bench, "run")
            path = "/run/user/%d/omg.sock" % os.geteuid()
            wait_log(bench, "listens at " + path)
            same(answers(root + path), True, "an answer")
            same(os.path.lexists(root + "/tmp/omg.sock"), False, "a socket in /tmp")
            same(bench.stop(), 0, "exit code")


@test("a runtime directory that is not there is said to be so, and not made")
def no_directory():
    with Bench() as bench:
        folder = os.path.join(bench.folder, "nowhere")
        code, _, err = bench.omgd(OMG_SOCKET_PATH=os.path.join(folder, "omg.sock"))
        bench.stray.add(bench.owner_pid())
        same(code, EXIT_PARTLY, "exit code (%s)" % err)
        if folder not in err:
            raise AssertionError("it says %r" % err)
        same(os.path.exists(folder), False, "the directory was made")


@test("a socket that somebody put in the place of omgd's is not removed at the end")
def replaced():
    with served() as bench, socket.socket(socket.AF_UNIX) as other:
        os.unlink(bench.path)
        other.bind(bench.path)
        before = identity(bench.path)
        same(bench.stop(), 0, "exit code")
        same(identity(bench.path), before, "the other's socket")


# -- peers ----------------------------------------------------------------------------------------

CONNECT = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(10)
s.connect(sys.argv[1])
try:
    s.sendall(b"\\0\\0\\0\\x03\\x06\\x06\\x01")
    print(len(s.recv(100)))
except (BrokenPipeError, ConnectionResetError):
    print(0)
"""


def connect_as(user, path):
    command = [sys.executable, "-c", CONNECT, path]
    if user != os.geteuid():
        command = ["setpriv", "--reuid=%d" % user, "--regid=%d" % user, "--clear-groups", *command]
    return subprocess.run(command, capture_output=True, text=True, timeout=30 * SLOW, check=False)


@test("another user cannot connect, and is turned away where he can; the log tells once")
def other_user():
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        raise Skip("not root, or no setpriv: no second user to test with")
    with served() as bench:
        os.chmod(bench.folder, 0o711)
        os.chmod(bench.runtime, 0o711)
        done = connect_as(NOBODY, bench.path)
        if "PermissionError" not in done.stderr:
            raise AssertionError("with mode 0600: %r" % done)
        os.chmod(bench.path, 0o666)
        for _ in range(3):
            done = connect_as(NOBODY, bench.path)
            same((done.stdout, done.stderr), ("0\n", ""), "bytes for another user")
        same(bench.log().count("user %d connected" % NOBODY), 1, "lines in the log")
        same(answers(bench.path), True, "root's own answer")


@test("root may ask an omgd of another user")
def root_peer():
    if os.geteuid() != 0:
        raise Skip("not root")
    with Bench(bus=False) as bench:
        bench.as_ordinary_user()
        launch(bench, **bench.identity)
        wait_socket(bench, default_path(bench))
        same(os.lstat(default_path(bench)).st_uid, NOBODY, "owner of the socket")


@test("without a session bus the socket answers, and goes on when the bus comes")
def no_bus():
    with served() as bench:
        same(answers(bench.path), True, "it answers")
        bench.bus.start()
        bench.wait_name(15)
        same(answers(bench.path), True, "it answers beside the bus")
        same(bench.metrics()["connections"], 0, "connections")


@test("detached: the socket answers when the parent returns: with 0, or without a bus with 4")
def detached():
    for has_bus, expected in ((True, 0), (False, EXIT_PARTLY)):
        with Bench(bus=has_bus) as bench:
            code, _, err = bench.omgd(timeout=60)
            with Client(default_path(bench)) as client:
                pid = struct.unpack("3i", client.socket.getsockopt(
                    socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
                bench.stray.add(pid)
                client.ping()
            same(code, expected, "exit code (%s)" % err)
            same("socket" in err, False, "a word about the socket: %r" % err)


@test("the socket answers at READY=1, and STATUS= names it")
def ready():
    with Bench(bus=False) as bench, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        address = os.path.join(bench.folder, "notify")
        manager.bind(address)
        manager.settimeout(10 * SLOW)
        launch(bench, environment=bench.environment(NOTIFY_SOCKET=address))
        message = manager.recv(4096).decode()
        while "READY=1" not in message:
            message = manager.recv(4096).decode()
        same(answers(default_path(bench)), True, "an answer")
        if "STATUS=Serving at %s" % default_path(bench) not in message:
            raise AssertionError("it says %r" % message)


# -- connections ----------------------------------------------------------------------------------

@test("number 257 is told so and closed; the 256 go on, and one that leaves makes room")
def clients():
    with served() as bench:
        all_of_them = [Client(bench.path) for _ in range(CLIENTS)]
        for number, client in enumerate(all_of_them):
            client.ping(number % 256)
        with Client(bench.path) as one_more:
            select.select([one_more.socket], [], [], 5 * SLOW)
            # As omg-fast writes: the length, and then the body, before it reads.
            one_more.send(ping(1)[:4])
            time.sleep(0.05)
            one_more.send(ping(1)[4:])
            one_more.expect_error(LIMITS)
            one_more.expect_end()
        all_of_them[100].socket.close()
        wait_until(lambda: answers(bench.path), 5, "room for one more")
        for number, client in enumerate(all_of_them):
            if number != 100:
                client.ping(number % 256)
            client.socket.close()


@test("without descriptors nobody new is served, the others go on, and it recovers")
def descriptors():
    with served() as bench, Client(bench.path) as client:
        pid = bench.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        client.ping()
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, before[1]))
        with Client(bench.path) as waiting:
            waiting.send(ping(7))
            wait_until(lambda: "Cannot accept" in bench.log(), 5, "the log")
            time.sleep(1.5)
            client.ping(2)
            same(bench.log().count("Cannot accept"), 1, "lines in the log")
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
            waiting.expect_pong(7)
        same(bench.stop(), 0, "exit code")


@test("frames byte by byte, and several at once, are answered in order")
def pieces():
    with served() as bench, Client(bench.path) as client:
        for number in range(10):
            for byte in ping(number):
                client.send(bytes((byte,)))
                time.sleep(0.001)
            client.expect_pong(number)
        client.send(b"".join(ping(number) for number in range(80)))
        for number in range(80):
            client.expect_pong(number)


@test("what came before a half-close is answered, half a frame with -32700, then comes the end")
def half_close():
    with served() as bench, Client(bench.path) as client:
        client.send(ping(1) + ping(2) + ping(3)[:5])
        client.socket.shutdown(socket.SHUT_WR)
        client.expect_pong(1)
        client.expect_pong(2)
        client.expect_error(UNDECODABLE)
        client.expect_end()


@test("half a frame is waited for 10 s, then answered with -32700; others do not notice")
def slow_loris():
    with served() as bench, Client(bench.path) as half, Client(bench.path) as dripping, \
            Client(bench.path) as idle:
        begun = time.monotonic()
        half.send(b"\0\0")
        dripping.send(b"\0\0\x10\0")
        while time.monotonic() - begun < FRAME_SECONDS - 1:
            dripping.send(b"x")
            asked = time.monotonic()
            same(answers(bench.path), True, "another client")
            if time.monotonic() - asked > 1 * SLOW:
                raise AssertionError("another client waited %g s" % (time.monotonic() - asked))
            time.sleep(0.5)
        half.expect_error(UNDECODABLE)
        if time.monotonic() - begun < FRAME_SECONDS - 0.5:
            raise AssertionError("after %g s already" % (time.monotonic() - begun))
        half.expect_end()
        dripping.expect_error(UNDECODABLE)
        dripping.expect_end()
        idle.ping()


@test("a frame of more than 1 MiB is answered with -32700, and its sender reads that")
def oversize():
    with served() as bench:
        for length in (FRAME + 1, 0xFFFFFFFF):
            with Client(bench.path) as client:
                client.send(ping(5) + struct.pack(">I", length))
                client.send(b"x" * (FRAME + 1))
                client.expect_pong(5)
                client.expect_error(UNDECODABLE)
                client.expect_end()
        with Client(bench.path) as client:
            client.send(struct.pack(">I", FRAME) + b"\xff" * FRAME)
            client.expect_error(UNDECODABLE)
            client.expect_end()
        with Client(bench.path) as client:
            client.send(b"\0\0\0\0")
            client.expect_error(UNDECODABLE)
            client.expect_end()


@test("a client that does not read is not read, others go on, and it gets all when it reads")
def not_reading():
    with served() as bench, Client(bench.path) as client:
        client.socket.setblocking(False)
        sent = b""
        stream = b"".join(ping(number) for number in range(256)) * 200
        full = 0
        while full < 20 and len(sent) < len(stream):
            try:
                sent += stream[len(sent):len(sent) + client.socket.send(stream[len(sent):])]
                full = 0
            except BlockingIOError:
                full += 1
                time.sleep(0.02)
        same(full, 20, "times in a row that no more could be sent")
        asked = time.monotonic()
        same(answers(bench.path), True, "another client")
        if time.monotonic() - asked > 1 * SLOW:
            raise AssertionError("another client waited %g s" % (time.monotonic() - asked))
        client.socket.settimeout(10 * SLOW)
        for number in range(len(sent) // len(ping(0))):
            body = client.frame()
            # Far beyond the rate most are refused, each with its id.
            same(body[2], number % 256, "id of answer %d" % number)


@test("SIGTERM ends the connections and the process at once")
def end():
    with served() as bench, Client(bench.path) as client:
        client.ping()
        begun = time.monotonic()
        same(bench.stop(), 0, "exit code")
        if time.monotonic() - begun > 2 * SLOW:
            raise AssertionError("the end took %g s" % (time.monotonic() - begun))
        client.expect_end()


# -- socket activation ----------------------------------------------------------------------------

@test("systemd's socket is served, with its first connection, and not removed")
def activation():
    if not shutil.which("systemd-socket-activate"):
        raise Skip("no systemd-socket-activate")
    with Bench(bus=False) as bench:
        path = os.path.join(bench.folder, "given.sock")
        settings = ["--setenv=%s=%s" % pair for pair in bench.environment().items()]
        with open(bench.log_path, "ab") as log:
            bench.process = subprocess.Popen(
                ["systemd-socket-activate", "--listen=" + path, *settings,
                 omgtest.program("OMGD"), "--foreground"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: os.path.exists(path), 10, "the socket")
        wait_socket(bench, path)
        same(os.path.exists(default_path(bench)), False, "a socket of its own")
        before = identity(path)
        same(bench.stop(), 0, "exit code")
        same(identity(path), before, "the socket after the end")


def anonymous_kib(bench):
    with open("/proc/%d/status" % bench.process.pid, encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))


@test("half requests of many clients are held up to 32 MiB; who goes beyond is told")
def held():
    with served() as bench, contextlib.ExitStack() as stack:
        half = struct.pack(">I", FRAME) + b"x" * (FRAME - 1)
        clients = [stack.enter_context(Client(bench.path)) for _ in range(100)]
        for client in clients:
            client.send(half)
        with Client(bench.path) as other:
            other.ping()
        # Sanitizers hold on to what was freed.
        if SLOW == 1 and anonymous_kib(bench) > 80 << 10:
            raise AssertionError("%d KiB are held" % anonymous_kib(bench))
        clients[-1].expect_error(LIMITS)
        clients[-1].expect_end()
        clients[0].expect_error(UNDECODABLE)


GIVE = """
import os, socket, sys
path, kind = sys.argv[1:3]
def make(name, kind):
    s = socket.socket(socket.AF_UNIX, kind)
    s.bind(path + name)
    if kind == socket.SOCK_STREAM:
        s.listen(8)
    return s
sockets = [make(".1", getattr(socket, kind.split("*")[0]))]
if kind.endswith("*2"):
    sockets.append(make(".2", socket.SOCK_STREAM))
copies = [os.dup(s.fileno()) for s in sockets]
for number, fd in enumerate(copies):
    os.dup2(fd, 3 + number, inheritable=True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(sockets)))
os.execv(sys.argv[3], sys.argv[3:])
"""


@test("descriptors that are not one listening stream socket are not used, with a warning")
def useless_descriptors():
    for kind in ("SOCK_DGRAM", "SOCK_STREAM*2"):
        with Bench(bus=False) as bench:
            with open(bench.log_path, "ab") as log:
                bench.process = subprocess.Popen(
                    [sys.executable, "-c", GIVE, os.path.join(bench.folder, "given"), kind,
                     omgtest.program("OMGD"), "--foreground"], close_fds=True,
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=bench.environment())
            wait_socket(bench, default_path(bench))
            if "descriptors none is used" not in bench.log():
                raise AssertionError("no warning for %s: %r" % (kind, bench.log()))
            same(bench.stop(), 0, "exit code")


@test("descriptors that are promised and not there: a warning, and the usual socket")
def missing_descriptors():
    for number in ("many", "2"):
        with Bench(bus=False) as bench:
            with open(bench.log_path, "ab") as log:
                bench.process = subprocess.Popen(
                    ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=%s exec "$0" --foreground' % number,
                     omgtest.program("OMGD")], close_fds=True,
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=bench.environment())
            wait_socket(bench, default_path(bench))
            if "LISTEN_FDS" not in bench.log():
                raise AssertionError("no warning for %s: %r" % (number, bench.log()))
            same(bench.stop(), 0, "exit code")


if __name__ == "__main__":
    omgtest.run_tests()
