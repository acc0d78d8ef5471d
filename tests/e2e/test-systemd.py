#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""omgd under a real systemd --user with a real journal, in namespaces of its own: the units,
activation by socket and by bus, what is notified, the watchdog, the journal.

Where no such namespace can be made, or no systemd runs in it, all is skipped, and the reason
said."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from omgtest import (SLOW, NAME, STATUS, omgroot, program, run_tests, same,
                     test, wait_until)
from omgwire import Client

STARTED = "9971e35c2392451ab18a4d0dd88612f7"
STOPPED = "32766fef28214140b2eba2856bf44f47"
SYSTEMD, JOURNALD = "/usr/lib/systemd/systemd", "/usr/lib/systemd/systemd-journald"
RUNTIME = "/run/user/%d" % os.getuid()


def skip_all(reason):
    print("1..0 # SKIP " + reason)
    sys.exit(0)


# ---- the way in ----


def enter():
    """Runs this program again in namespaces of its own."""
    if SLOW != 1:
        skip_all("sanitizers need what the unit forbids")
    for needed in ("unshare", "systemctl", "busctl", "journalctl", SYSTEMD, JOURNALD):
        if not shutil.which(needed):
            skip_all("no " + needed)
    command = ["unshare", "--mount", "--pid", "--cgroup", "--fork", "--kill-child",
               "--mount-proc"]
    if os.geteuid() != 0:
        command += ["--user", "--map-root-user"]
    done = subprocess.run(command + ["true"], capture_output=True, check=False)
    if done.returncode != 0:
        skip_all("no namespaces: " + done.stderr.decode().strip())
    groups = make_cgroups()
    os.environ["OMG_TEST_CGROUPS"] = ":".join(groups)
    sys.stdout.flush()
    try:
        return subprocess.run(command + [sys.executable, *sys.argv, "--inside"],
                              check=False).returncode
    finally:
        remove_cgroups(groups)


def make_cgroups():
    """The manager makes its groups below its own: two of them would meet in the same."""
    made = []
    with open("/proc/self/cgroup", encoding="ascii") as f:
        lines = [line.rstrip("\n").split(":", 2) for line in f]
    for number, names, path in lines:
        if names == "name=systemd":
            root = "/sys/fs/cgroup/systemd"
        elif number == "0":
            root = "/sys/fs/cgroup/unified" if os.path.isdir("/sys/fs/cgroup/unified") \
                else "/sys/fs/cgroup"
        else:
            continue
        group = "%s%s/omgd-test-%d" % (root, path.rstrip("/"), os.getpid())
        try:
            os.mkdir(group)
            made.append(group)
        except OSError:
            continue
    return made


def enter_cgroups():
    for group in filter(None, os.environ["OMG_TEST_CGROUPS"].split(":")):
        try:
            with open(group + "/cgroup.procs", "w", encoding="ascii") as f:
                f.write("0")
        except OSError:
            continue


def remove_cgroups(groups):
    for group in groups:
        for folder, _, _ in os.walk(group, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                pass


def start_systemd(home):
    """A journal and a user manager, whose units are in home; a skip where they do not come up."""
    try:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        skip_all("no /run of its own: " + error.stderr.decode().strip())
    os.makedirs("/run/systemd/system")
    os.makedirs(RUNTIME, 0o700)
    enter_cgroups()
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
             "stderr": subprocess.DEVNULL}
    subprocess.Popen([JOURNALD], **quiet)
    for name in list(os.environ):
        if name.startswith(("XDG_", "DBUS_", "NOTIFY_", "LISTEN_", "OMG_PACMAN")):
            del os.environ[name]
    os.environ.update(XDG_RUNTIME_DIR=RUNTIME, XDG_DATA_HOME=home + "/data",
                      XDG_CONFIG_HOME=home + "/config", HOME=home, LANG="C.UTF-8")
    wait_for("/run/systemd/journal/socket", "no journal")
    subprocess.Popen([SYSTEMD, "--user", "--log-target=journal"], **quiet)
    wait_for(RUNTIME + "/systemd/private", "no user manager comes up")
    os.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=%s/bus" % RUNTIME
    wait_for(RUNTIME + "/bus", "the user manager makes no bus (no dbus.socket?)")


def wait_for(path, reason):
    try:
        wait_until(lambda: os.path.exists(path), 20, path)
    except AssertionError:
        skip_all(reason)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def install(home):
    """The units of the build, as they are but for the path of the program and where things are."""
    build = os.path.join(os.path.dirname(program("OMGD")), "..")
    source = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../..")
    units = home + "/data/systemd/user"
    os.makedirs(units)
    omgroot.make_sample(home + "/root")
    with open(build + "/systemd/omgd.service", encoding="utf-8") as f:
        lines = ["ExecStart=%s --foreground" % program("OMGD") if line.startswith("ExecStart=")
                 else line for line in f.read().split("\n")]
    write(units + "/omgd.service", "\n".join(lines))
    shutil.copy(source + "/systemd/omgd.socket", units)
    write(home + "/data/dbus-1/services/%s.service" % NAME,
          "[D-BUS Service]\nName=%s\nExec=/bin/false\nSystemdService=omgd.service\n" % NAME)
    write(units + "/omgd.service.d/test.conf", "[Service]\n" + "".join(
        "Environment=%s=%s\n" % pair for pair in (
            ("OMG_INDEX_HELPER", program("OMG_INDEX_HELPER")),
            ("OMG_OSV_NAMES", program("OMG_OSV_NAMES")),
            ("OMG_PACMAN_CONF", home + "/root/etc/pacman.conf"),
            ("OMG_DAEMON_DATA_DIR", home + "/omg"), ("OMG_CONFIG_DIR", home + "/omg-config"))))
    write(home + "/omg-config/omgd.conf.d/00-test.conf", "[sync]\ntracker=0\nosv=0\naur=0\n")
    write(units + "/omgd.service.d/test-timeouts.conf", "[Service]\nRestartSec=50ms\n")


# ---- what the tests ask ----


def run(*command, check=True):
    done = subprocess.run(command, capture_output=True, timeout=60, check=False,
                          stdin=subprocess.DEVNULL)
    if check and done.returncode != 0:
        raise AssertionError("%s: %s%s" % (" ".join(command), done.stderr.decode(), journal_tail()))
    return done.stdout.decode()


def systemctl(*arguments, check=True):
    return run("systemctl", "--user", *arguments, check=check)


def show(unit="omgd.service"):
    return dict(line.split("=", 1) for line in systemctl("show", unit).split("\n") if "=" in line)


def is_active(unit="omgd.service"):
    return show(unit)["ActiveState"] == "active"


def journal(**fields):
    run("journalctl", "--sync", check=False)
    text = run("journalctl", "--output=json", *("%s=%s" % pair for pair in fields.items()),
               check=False)
    return [json.loads(line) for line in text.split("\n") if line]


def journal_tail():
    return "\n" + subprocess.run(["journalctl", "--no-pager", "-n", "25"], capture_output=True,
                                 check=False).stdout.decode()


def state():
    return run("busctl", "--user", "get-property", NAME, "/org/omgd1", STATUS, "State")


def socket_client():
    return Client(RUNTIME + "/omg.sock", 30)


def reset():
    systemctl("stop", "omgd.socket", "omgd.service", check=False)
    systemctl("reset-failed", "omgd.socket", "omgd.service", check=False)
    same(show()["ActiveState"], "inactive", "after a stop")


# ---- tests ----


@test("the unit starts, is ready when it says so, and its processes are bounded as the unit says")
def start():
    systemctl("start", "omgd.service")
    unit = show()
    same((unit["ActiveState"], unit["SubState"], unit["Type"]), ("active", "running", "notify"),
         "state")
    same(unit["WatchdogUSec"], "10min", "watchdog")
    # READY came: the name is there without waiting.
    assert "omg.sock" in unit["StatusText"], unit["StatusText"]
    wait_until(lambda: state() == 's "ok"\n', 10, "the first load, which runs omgd-index")
    with open("/proc/%s/status" % unit["MainPID"], encoding="ascii") as f:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
    same((status["Seccomp"], status["NoNewPrivs"]), ("2", "1"), "bounds")
    assert int(status["Seccomp_filters"]) >= 3, status
    same(os.stat(RUNTIME + "/omg.sock").st_mode & 0o777, 0o600, "mode of the socket")


@test("the journal has its messages, with identity and source")
def journal_fields():
    pid = show()["MainPID"]
    entries = journal(MESSAGE_ID=STARTED, _PID=pid)
    assert len(entries) >= 2, journal_tail()
    for entry in entries:
        same((entry["SYSLOG_IDENTIFIER"], entry["PRIORITY"]), ("omgd", "6"), "fields")
        assert entry["CODE_FILE"].endswith(".c") and entry["CODE_FUNC"], entry
    assert any("owns " + NAME in entry["MESSAGE"] for entry in entries), entries


@test("systemctl reload reads the configuration again, and waits for nothing else")
def reload():
    pid = show()["MainPID"]
    systemctl("reload", "omgd.service")
    wait_until(lambda: journal(_PID=pid, MESSAGE="The configuration was read again"), 10,
               "the reload")
    wait_until(is_active, 10, "the state behind it")
    same(show()["MainPID"], pid, "the same process")
    assert "omg.sock" in show()["StatusText"]


@test("systemctl stop ends it with 0, and takes socket and status file along")
def stop():
    pid = show()["MainPID"]
    systemctl("stop", "omgd.service")
    unit = show()
    same((unit["ActiveState"], unit["Result"], unit["ExecMainStatus"]),
         ("inactive", "success", "0"), "end")
    assert journal(MESSAGE_ID=STOPPED, _PID=pid)
    same([name for name in os.listdir(RUNTIME) if name.startswith("omg")], [], "left behind")


@test("a call on the bus starts it")
def bus_activation():
    reset()
    assert state().startswith('s "')
    wait_until(is_active, 10, "ready")


@test("a connection starts it behind omgd.socket, which it leaves where it is")
def socket_activation():
    reset()
    systemctl("start", "omgd.socket")
    assert not is_active()
    for _ in range(3):
        with socket_client() as client:
            same(client.call("Ping"), "pong", "ping")
        # It answers as soon as it runs; ready it is when it has its name on the bus as well.
        wait_until(is_active, 10, "ready")
        systemctl("stop", "omgd.service")
        assert is_active("omgd.socket"), journal_tail()
        assert os.path.exists(RUNTIME + "/omg.sock")


@test("the idle exit is a success, and the next connection or call starts it again")
def idle_exit():
    reset()
    home = os.environ["HOME"]
    write(home + "/omg-config/omgd.conf", "[daemon]\nidle-exit=1\n")
    try:
        systemctl("start", "omgd.socket")
        for turn in range(4):
            if turn % 2:
                assert state().startswith('s "')
            else:
                with socket_client() as client:
                    same(client.call("Ping"), "pong", "ping")
            wait_until(lambda: show()["ActiveState"] == "inactive", 20, "the idle exit")
            same(show()["Result"], "success", "result")
        # Calls around the end: none fails.
        for turn in range(10):
            assert state().startswith('s "')
            time.sleep(0.9 + 0.13 * turn)
    finally:
        os.unlink(home + "/omg-config/omgd.conf")


@test("killed, it is started again")
def killed():
    reset()
    systemctl("start", "omgd.service")
    before = show()
    os.kill(int(before["MainPID"]), signal.SIGKILL)
    wait_until(lambda: is_active() and show()["MainPID"] != before["MainPID"], 20, "the restart")
    assert state().startswith('s "')


@test("another omgd has the data directory: it fails once, with 3, and is not tried again")
def taken():
    reset()
    home = os.environ["HOME"]
    other = subprocess.Popen(
        [program("OMGD"), "--foreground", "--socket", home + "/other.sock"],
        env=dict(os.environ, OMG_DAEMON_DATA_DIR=home + "/omg",
                 OMG_INDEX_HELPER=program("OMG_INDEX_HELPER"),
                 OMG_PACMAN_CONF=home + "/root/etc/pacman.conf"),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: os.path.exists(home + "/other.sock"), 10, "the other one")
        systemctl("start", "omgd.service", check=False)
        wait_until(lambda: show()["ActiveState"] == "failed", 20, "the failure")
        unit = show()
        same((unit["ExecMainStatus"], unit["NRestarts"]), ("3", "0"), "end")
    finally:
        other.terminate()
        other.wait()


@test("one that hangs is killed by the watchdog, and another started")
def watchdog():
    reset()
    drop_in = os.environ["HOME"] + "/data/systemd/user/omgd.service.d/watchdog.conf"
    write(drop_in, "[Service]\nWatchdogSec=2s\nTimeoutAbortSec=1s\n")
    systemctl("daemon-reload")
    try:
        systemctl("start", "omgd.service")
        before = show()
        # It answers: longer than the watchdog waits it is still there.
        time.sleep(3)
        same((show()["MainPID"], show()["NRestarts"]), (before["MainPID"], "0"), "while it answers")
        os.kill(int(before["MainPID"]), signal.SIGSTOP)
        wait_until(lambda: is_active() and show()["MainPID"] != before["MainPID"], 30,
                   "the restart")
        assert show()["NRestarts"] == "1"
        assert any("Watchdog timeout" in entry["MESSAGE"] for entry in
                   journal(USER_UNIT="omgd.service")), journal_tail()
        assert state().startswith('s "')
    finally:
        os.unlink(drop_in)
        systemctl("daemon-reload")


def main():
    if "--inside" not in sys.argv:
        sys.exit(enter())
    sys.argv.remove("--inside")
    home = tempfile.mkdtemp(prefix="omgd-systemd-")
    try:
        install(home)
        start_systemd(home)
        run_tests()
    finally:
        subprocess.run(["systemctl", "--user", "stop", "omgd.socket", "omgd.service"],
                       capture_output=True, check=False)
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
