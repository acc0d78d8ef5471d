#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""omgd as a process: starting, detaching, ending, losing its bus, its index files damaged."""

import ctypes
import ctypes.util
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

import omgtest
from omgtest import SLOW, Bench, Skip, index_files, omgroot, same, test, wait_until

EXIT_FAILURE, EXIT_USAGE, EXIT_RUNNING, EXIT_PARTLY = 1, 2, 3, 4

HEADER = struct.Struct("<QIIQQIIQ")
ENTRY = struct.Struct("<QQQ")


def answers(bench):
    """The answers that must be the same before and after whatever happens."""
    rows, _ = bench.list("ListInstalled")
    found, _ = bench.search("firefox")
    details, _, _ = bench.details(["odd-all", "core/linux"])
    updates, _ = bench.list("ListUpdates")
    return rows, found, details, updates


def expect_answers(bench, expected, what):
    bench.wait_loaded()
    same(answers(bench), expected, what)


def sections(path):
    """[(index, offset, size)] of an index file, from its own table."""
    with open(path, "rb") as f:
        data = f.read()
    count = HEADER.unpack_from(data)[5]
    found = []
    for number in range(count):
        offset, size, _ = ENTRY.unpack_from(data, HEADER.size + number * ENTRY.size)
        if size:
            found.append((number, offset, size))
    return found


def xxh3(data):
    library = ctypes.CDLL(ctypes.util.find_library("xxhash") or "libxxhash.so.0")
    library.XXH3_64bits.restype = ctypes.c_uint64
    library.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    return library.XXH3_64bits(data, len(data))


def flip(path, offset):
    with open(path, "r+b") as f:
        f.seek(offset)
        byte = f.read(1)
        f.seek(offset)
        f.write(bytes((byte[0] ^ 0x10,)))


def set_version(path, version):
    """A header of another format version whose checksum is right all the same."""
    with open(path, "r+b") as f:
        head = bytearray(f.read(HEADER.size))
        head += f.read(ENTRY.size * HEADER.unpack(bytes(head))[5])
        struct.pack_into("<I", head, 8, version)
        struct.pack_into("<Q", head, HEADER.size - 8, 0)
        struct.pack_into("<Q", head, HEADER.size - 8, xxh3(bytes(head)))
        f.seek(0)
        f.write(head)


# -- starting and ending ------------------------------------------------------------------------

@test("--version and --help answer without a bus, an unknown option is a usage error")
def version():
    with Bench(bus=False) as bench:
        code, out, _ = bench.omgd("--version")
        same(code, 0, "exit code of --version")
        if not re.search(r"\b\d+\.\d+\.\d+\b", out):
            raise AssertionError("--version prints %r" % out)
        code, out, _ = bench.omgd("--help")
        same(code, 0, "exit code of --help")
        for option in ("--foreground", "--socket", "--version"):
            if option not in out:
                raise AssertionError("--help does not name " + option)
        code, _, err = bench.omgd("--no-such-option")
        same(code, EXIT_USAGE, "exit code of an unknown option")
        if "no-such-option" not in err:
            raise AssertionError("the usage error does not name the option: %r" % err)


@test("detached: the parent ends with 0 once the name is owned, and lets go of its output")
def detached():
    with Bench() as bench:
        # capture_output waits for the end of the pipes: a daemon that kept them would hang here.
        code, out, err = bench.omgd()
        same(code, 0, "exit code (%s)" % err)
        same(bench.has_name(), True, "name owned at the parent's end")
        same(out, "", "standard output")
        pid = bench.owner_pid()
        bench.stray.add(pid)
        bench.wait_loaded()
        with open("/proc/%d/stat" % pid, encoding="utf-8") as f:
            session = int(f.read().rsplit(")", 1)[1].split()[3])
        if session == os.getsid(0):
            raise AssertionError("the daemon is still in the session of its starter")
        same(os.readlink("/proc/%d/cwd" % pid), "/", "working directory")
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not os.path.exists("/proc/%d" % pid) or zombie(pid), 5, "the end")
        bench.stray.discard(pid)
        same(bench.has_name(), False, "name owned after the end")


def zombie(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8") as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


@test("a second instance says 'already running' and ends with 3, detached or not")
def second_instance():
    with Bench() as bench:
        bench.start()
        for arguments in ((), ("--foreground",)):
            code, _, err = bench.omgd(*arguments)
            same(code, EXIT_RUNNING, "exit code of omgd %s (%s)" % (" ".join(arguments), err))
            if "already running" not in err:
                raise AssertionError("omgd %s says %r" % (arguments, err))
        bench.wait_loaded()
        same(bench.process.poll(), None, "the first one goes on")


@test("SIGTERM and SIGINT end it with 0 within 5 seconds, also while it loads")
def signals():
    def large(root):
        return omgroot.make_synthetic(root, 15000, 500, 3)
    for root, wait in (("sample", True), (large, False)):
        for sig in (signal.SIGTERM, signal.SIGINT):
            with Bench(root=root) as bench:
                bench.start()
                if wait:
                    bench.wait_loaded()
                begin = time.monotonic()
                same(bench.stop(sig), 0, "exit code after %s" % sig.name)
                if time.monotonic() - begin > 5 * SLOW:
                    raise AssertionError("%s took %.1f s" % (sig.name, time.monotonic() - begin))
                left = processes(bench, "omgd-index")
                same(left, [], "helpers left behind")


def processes(bench, name):
    """Processes of that name that have something of the bench's folder in their arguments or
    environment."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/comm" % pid, encoding="utf-8") as f:
                comm = f.read().strip()
            with open("/proc/%s/environ" % pid, "rb") as f:
                mine = bench.folder.encode() in f.read()
            with open("/proc/%s/cmdline" % pid, "rb") as f:
                mine = mine or bench.folder.encode() in f.read()
        except OSError:
            continue
        if comm == name and mine and not zombie(int(pid)):
            found.append(int(pid))
    return found


@test("valgrind sees nothing wrong from start to a clean end with a bus")
def valgrind():
    if not shutil.which("valgrind"):
        raise Skip("no valgrind")
    with open(omgtest.program("OMGD"), "rb") as f:
        if b"__asan_init" in f.read():
            raise Skip("valgrind and the sanitizers exclude each other")
    with Bench() as bench:
        with open(bench.log_path, "ab") as log:
            # It lacks pidfd_open, so the index helper cannot be followed and the load fails.
            bench.process = subprocess.Popen(
                ["valgrind", "--error-exitcode=99", omgtest.program("OMGD"), "--foreground"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=bench.environment(G_SLICE="always-malloc"))
        bench.wait_name(60)
        bench.call(omgtest.STATUS, "GetSnapshot")
        same(bench.stop(seconds=30), 0, "exit code; the log:\n" + bench.log())


@test("detached: SIGTERM to the service before it is ready ends the parent with 1 and the reason")
def ended_before_ready():
    with Bench(bus=False) as bench, socket.socket(socket.AF_UNIX) as silent:
        # A bus that takes the connection and says nothing.
        silent.bind(bench.bus.socket)
        silent.listen(8)
        parent = subprocess.Popen([omgtest.program("OMGD")], env=bench.environment(),
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE)
        lock = os.path.join(bench.data, "omgd.lock")
        wait_until(lambda: os.path.exists(lock), 10, "the service's lock")
        time.sleep(0.5)
        service, = set(processes(bench, "omgd")) - {parent.pid}
        os.kill(service, signal.SIGTERM)
        _, err = parent.communicate(timeout=10 * SLOW)
        same(parent.returncode, EXIT_FAILURE, "exit code (%s)" % err)
        if b"ended by a signal before it was ready" not in err:
            raise AssertionError("the reason is missing: %r" % err)


@test("with standard input, output and error closed none of them becomes a file of omgd")
def closed_streams():
    with Bench() as bench:
        bench.process = subprocess.Popen(
            ["sh", "-c", 'exec "$0" --foreground <&- >&- 2>&-', omgtest.program("OMGD")],
            env=bench.environment())
        bench.wait_name(10)
        for fd in range(3):
            same(os.readlink("/proc/%d/fd/%d" % (bench.process.pid, fd)), "/dev/null",
                 "descriptor %d" % fd)
        bench.wait_loaded()
        same(bench.stop(), 0, "exit code")


# -- the bus --------------------------------------------------------------------------------------

@test("without a bus the foreground goes on trying and appears when the bus does")
def no_bus_foreground():
    with Bench(bus=False) as bench:
        bench.start(wait=False)
        time.sleep(1)
        same(bench.process.poll(), None, "omgd goes on")
        if "bus" not in bench.log():
            raise AssertionError("the log does not tell: %r" % bench.log())
        bench.bus.start()
        bench.wait_name(15)
        bench.wait_loaded()
        same(bench.stop(), 0, "exit code")


@test("without a bus a detached start ends with 4 and the reason, and appears later")
def no_bus_detached():
    with Bench(bus=False) as bench:
        code, _, err = bench.omgd(timeout=60)
        same(code, EXIT_PARTLY, "exit code (%s)" % err)
        if "bus" not in err:
            raise AssertionError("the reason is missing: %r" % err)
        bench.bus.start()
        wait_until(bench.has_name, 15, "the name")
        bench.stray.add(bench.owner_pid())
        bench.wait_loaded()


@test("a bus that refuses the name is told so, not taken for no bus")
def bus_refuses():
    with Bench(bus=False) as bench:
        with open(bench.bus.config, encoding="utf-8") as f:
            policy = f.read()
        with open(bench.bus.config, "w", encoding="utf-8") as f:
            f.write(policy.replace('<allow own="*"/>', '<deny own="%s"/>' % omgtest.NAME))
        bench.bus.start()
        bench.start(wait=False)
        wait_until(lambda: "refuses" in bench.log(), 10, "the refusal in the log")
        if "No connection" in bench.log():
            raise AssertionError("the log says: %r" % bench.log())
        same(bench.stop(), 0, "exit code")
        code, _, err = bench.omgd(timeout=60)
        bench.stray.update(processes(bench, "omgd"))
        same(code, EXIT_PARTLY, "exit code (%s)" % err)
        if omgtest.NAME not in err or "no session bus" in err:
            raise AssertionError("the reason is not the bus's refusal: %r" % err)


@test("a bus that hangs up while it is greeted is taken for no bus")
def bus_hangs_up():
    with Bench(bus=False) as bench, socket.socket(socket.AF_UNIX) as short:
        short.bind(bench.bus.socket)
        short.listen(8)
        short.settimeout(10 * SLOW)
        bench.start(wait=False)
        short.accept()[0].close()
        wait_until(lambda: "trying again" in bench.log(), 10, "the log")
        if "No connection to the session bus" not in bench.log() or "refuses" in bench.log():
            raise AssertionError("the log says: %r" % bench.log())
        same(bench.stop(), 0, "exit code")


@test("a bus that dies and comes back is taken up again, with the data still there")
def bus_restart():
    with Bench() as bench:
        bench.start().wait_loaded()
        expected = answers(bench)
        bench.bus.stop()
        bench.disconnect()
        time.sleep(0.5)
        same(bench.process.poll(), None, "omgd survives the end of its bus")
        bench.bus.start()
        bench.wait_name(15)
        expect_answers(bench, expected, "answers over the new bus")
        same(bench.stop(), 0, "exit code")


@test("a bus that dies does not keep omgd from ending")
def bus_gone_end():
    with Bench() as bench:
        bench.start().wait_loaded()
        bench.bus.stop()
        bench.disconnect()
        time.sleep(0.2)
        same(bench.stop(), 0, "exit code")


@test("nothing readable at the first start is not said to be kept from before")
def nothing_read():
    with Bench() as bench:
        os.rename(bench.conf, bench.conf + ".away")
        bench.start()
        wait_until(lambda: "could be read" in bench.log(), 10, "the warning")
        if "Nothing could be read: pacman.conf" not in bench.log() or "before" in bench.log():
            raise AssertionError("the log says: %r" % bench.log())
        same(bench.stop(), 0, "exit code")


# -- the index ----------------------------------------------------------------------------------

@test("kill -9 and a new start: the same answers, nothing rebuilt")
def kill_nine():
    with Bench() as bench:
        bench.start().wait_loaded()
        expected = answers(bench)
        same(bench.stop(signal.SIGKILL), -signal.SIGKILL, "exit code")
        bench.start()
        expect_answers(bench, expected, "answers after kill -9")
        same(bench.metrics()["rebuilds-sync"], 0, "rebuilds-sync")
        same(bench.stop(), 0, "exit code")


@test("kill -9 in the middle of the first load: the next start is right")
def kill_while_loading():
    with Bench() as bench:
        bench.start()
        bench.stop(signal.SIGKILL)
        bench.start().wait_loaded()
        same(len(bench.list("ListInstalled")[0]) > 100, True, "installed packages")


@test("a warm start answers from the index files and rebuilds neither")
def warm_start():
    with Bench() as bench:
        bench.start().wait_loaded()
        expected = answers(bench)
        metrics = bench.metrics()
        same((metrics["rebuilds-sync"], metrics["rebuilds-local"]), (1, 1), "rebuilds when cold")
        same([os.path.basename(p) for p in index_files(bench)], ["local.idx", "sync.idx"], "files")
        for path in index_files(bench):
            same(os.stat(path).st_mode & 0o077, 0, "others' rights on " + path)
        same(bench.stop(), 0, "exit code")
        bench.start()
        expect_answers(bench, expected, "answers of a warm start")
        time.sleep(0.5)
        metrics = bench.metrics()
        same((metrics["rebuilds-sync"], metrics["rebuilds-local"], metrics["index-rejected"]),
             (0, 0, 0), "rebuilds and rejected files when warm")
        same(bench.stop(), 0, "exit code")


@test("what changed while omgd was not running is noticed at the next start")
def changed_meanwhile():
    with Bench() as bench:
        bench.start().wait_loaded()
        same(bench.stop(), 0, "exit code")
        package = omgroot.Package("came-meanwhile", "1-1", DESC="new").fill(1)
        omgroot.write_local_package(bench.root, omgroot.as_installed(package, 1, True))
        bench.start().wait_loaded()
        wait_until(lambda: bench.search("came-meanwhile")[0], 5, "the new package")
        metrics = bench.metrics()
        same((metrics["rebuilds-sync"], metrics["rebuilds-local"]), (0, 1), "rebuilds")


def damaged_start(bench, expected, path, what):
    """Starts on a damaged file: one warning, right answers, the file made anew."""
    name = os.path.basename(path)
    os.truncate(bench.log_path, 0)
    bench.start()
    expect_answers(bench, expected, what)
    warnings = [line for line in bench.log().split("\n") if name in line]
    if len(warnings) != 1:
        raise AssertionError("%s: %d lines in the log name %s:\n%s" % (what, len(warnings), name,
                                                                       bench.log()))
    same(bench.metrics()["index-rejected"], 1, what + ": index-rejected")
    same(bench.stop(), 0, what + ": exit code")
    # The next start finds a good file again.
    bench.start()
    expect_answers(bench, expected, what + ", next start")
    same(bench.metrics()["index-rejected"], 0, what + ": index-rejected of the next start")
    same(bench.stop(), 0, what + ": exit code")


def with_damage(damages):
    """For both files and each damage: [(text, function of a path)]."""
    with Bench() as bench:
        bench.start().wait_loaded()
        expected = answers(bench)
        same(bench.stop(), 0, "exit code")
        paths = index_files(bench)
        same(len(paths), 2, "index files")
        for path in paths:
            for what, damage in damages(path):
                damage(path)
                damaged_start(bench, expected, path, "%s, %s" % (os.path.basename(path), what))


@test("a truncated index file: one warning, right answers, rebuilt")
def truncated():
    with_damage(lambda path: (
        ("emptied", lambda p: os.truncate(p, 0)),
        ("cut in the header", lambda p: os.truncate(p, 40)),
        ("cut in half", lambda p: os.truncate(p, os.path.getsize(p) // 2)),
        ("one byte short", lambda p: os.truncate(p, os.path.getsize(p) - 1)),
        ("one byte long", lambda p: os.truncate(p, os.path.getsize(p) + 1))))


@test("a flipped bit in the header or in any section: one warning, right answers, rebuilt")
def flipped():
    def damages(path):
        yield "magic", lambda p: flip(p, 0)
        yield "section table", lambda p: flip(p, HEADER.size + 3)
        for number, offset, size in sections(path):
            yield "section %d" % number, lambda p, at=offset + size // 2: flip(p, at)
    with_damage(damages)


@test("an index file of a newer format: one warning, right answers, rebuilt")
def newer_format():
    with_damage(lambda path: (("version 2000000000", lambda p: set_version(p, 2000000000)),))


@test("a symbolic link in place of an index file is not followed")
def symlink():
    with Bench() as bench:
        bench.start().wait_loaded()
        expected = answers(bench)
        same(bench.stop(), 0, "exit code")
        for path in index_files(bench):
            victim = os.path.join(bench.folder, "victim-" + os.path.basename(path))
            os.rename(path, victim)
            with open(victim, "rb") as f:
                before = f.read()
            os.symlink(victim, path)
            damaged_start(bench, expected, path, "symbolic link")
            same(os.path.islink(path), False, "the link is replaced")
            with open(victim, "rb") as f:
                same(f.read() == before, True, "the file behind the link is untouched")


@test("an index file of another user is not used")
def foreign_owner():
    if os.geteuid() != 0:
        raise Skip("needs root to give a file away")
    with Bench() as bench:
        bench.start().wait_loaded()
        expected = answers(bench)
        same(bench.stop(), 0, "exit code")
        for path in index_files(bench):
            os.chown(path, 65534, 65534)
            damaged_start(bench, expected, path, "owner nobody")
            same(os.stat(path).st_uid, 0, "owner of the new file")


@test("an index file shortened under the map does not kill omgd, which soon is right again")
def shortened_mapped():
    with Bench(root=lambda root: omgroot.make_synthetic(root, 4000, 300, 5)) as bench:
        bench.start().wait_loaded()
        rows, _ = bench.list("ListInstalled")
        names = ["extra/" + row[0] for row in rows if row[2] == "extra"][:200]
        expected = bench.details(names)[0]
        for path in index_files(bench):
            os.truncate(path, 4096)
        def right():
            try:
                for query in ("lib", "python data", "zz"):
                    bench.search(query)
                return (bench.details(names)[0] == expected and
                        bench.list("ListInstalled")[0] == rows)
            except omgtest.CallError:
                return False
        wait_until(right, 10, "right answers after the files were shortened")
        same(bench.process.poll(), None, "omgd lives")
        same(bench.stop(), 0, "exit code")


@test("an index file removed under omgd does no harm")
def removed_mapped():
    with Bench() as bench:
        bench.start().wait_loaded()
        expected = answers(bench)
        for path in index_files(bench):
            os.unlink(path)
        same(answers(bench), expected, "answers")
        same(bench.stop(), 0, "exit code")
        bench.start()
        expect_answers(bench, expected, "answers after the next start")


@test("a file where the data folder should be: omgd ends with 1 and names it")
def file_in_the_way():
    with Bench() as bench:
        with open(bench.data, "w", encoding="utf-8") as f:
            f.write("in the way\n")
        for arguments in ((), ("--foreground",)):
            code, _, err = bench.omgd(*arguments)
            same(code, EXIT_FAILURE, "exit code of omgd %s" % " ".join(arguments))
            if bench.data not in err:
                raise AssertionError("the reason does not name the file: %r" % err)


@test("a data folder that cannot be written, and no index in it: omgd ends with 1 and names it")
def read_only_data():
    with Bench() as bench:
        os.mkdir(bench.data, 0o500)
        bench.as_ordinary_user()
        bench.start(wait=False)
        same(bench.process.wait(10 * SLOW), EXIT_FAILURE, "exit code")
        if bench.data not in bench.log():
            raise AssertionError("the reason does not name the folder: %r" % bench.log())


READ_ONLY = """#!/bin/sh
exec unshare -m sh -c 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"' \\
    "$OMG_DAEMON_DATA_DIR" %s "$@"
"""


@test("a file system that became read-only: omgd starts, and serves what is there")
def read_only_file_system():
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        raise Skip("no mount namespaces here")
    with Bench() as bench:
        bench.start().wait_loaded()
        rows = bench.list("ListInstalled")[0]
        bench.stop()
        real = omgtest.program("OMGD")
        script = os.path.join(bench.folder, "read-only")
        with open(script, "w", encoding="utf-8") as f:
            f.write(READ_ONLY % real)
        os.chmod(script, 0o755)
        os.environ["OMGD"] = script
        try:
            bench.start().wait_loaded()
        finally:
            os.environ["OMGD"] = real
        same(bench.list("ListInstalled")[0], rows, "what is installed")
        info = bench.call(omgtest.MANAGER, "GetCacheInfo")[0]
        same(info["store"], "read-only", "the state of cache.db")


@test("a read-only data folder with good index files serves them")
def read_only_warm():
    with Bench() as bench:
        bench.as_ordinary_user()
        bench.start().wait_loaded()
        expected = answers(bench)
        same(bench.stop(), 0, "exit code")
        os.chmod(bench.data, 0o500)
        bench.start()
        expect_answers(bench, expected, "answers")
        same(bench.stop(), 0, "exit code")


@test("other programs see nothing of omgd's files")
def file_modes():
    with Bench() as bench:
        bench.start().wait_loaded()
        for folder, _, files in os.walk(bench.data):
            for name in files:
                path = os.path.join(folder, name)
                same(os.stat(path).st_mode & 0o022, 0, "others may not write " + path)


if __name__ == "__main__":
    omgtest.run_tests()
