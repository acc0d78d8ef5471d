# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of omgd as its user and the service manager see it: configuration, reloads."""

import os
import signal
import socket

from omgtest import Bench, STATUS, run_tests, test, wait_until


class Manager:
    """What a service manager hears (sd_notify(3))."""

    def __init__(self, bench):
        self.path = os.path.join(bench.folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.seen = []

    def pump(self):
        self.socket.setblocking(False)
        while True:
            try:
                text = self.socket.recv(65536).decode()
            except BlockingIOError:
                return self
            self.seen.append(dict(line.split("=", 1) for line in text.split("\n") if line))

    def count(self, key):
        return sum(key in message for message in self.pump().seen)

    def last_status(self):
        return [m["STATUS"] for m in self.pump().seen if "STATUS" in m][-1]


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


@test("a sound configuration, or none, is 0")
def check_sound():
    with Bench(bus=False) as bench:
        code, out, err = bench.omgd("--check-config")
        assert (code, err) == (0, ""), (code, out, err)
        assert out.endswith("0 errors, 0 warnings\n"), out
        write(bench.folder, "config/omgd.conf", "[limits]\nrate=10\n")
        write(bench.folder, "config/omgd.conf.d/10-more.conf", "[daemon]\nidle-exit=60\n")
        code, out, err = bench.omgd("--check-config")
        assert (code, err) == (0, ""), (code, out, err)
        assert not os.path.exists(bench.data), "a check leaves things behind"


@test("faults are named with their file, errors are 1, warnings alone are 0")
def check_faults():
    with Bench(bus=False) as bench:
        main = write(bench.folder, "config/omgd.conf", "[limits]\nrate=many\n[nonsense]\na=b\n")
        drop = write(bench.folder, "config/omgd.conf.d/x.conf", "no key file\n")
        with open(bench.conf, "a", encoding="utf-8") as f:
            f.write("\n[options]\nNoSuchDirective = 1\n")
        code, out, err = bench.omgd("--check-config")
        assert (code, err) == (1, ""), (code, out, err)
        lines = out.splitlines()
        assert any(li.startswith("error: " + main) and "rate" in li for li in lines), out
        assert any(li.startswith("warning: " + main) and "nonsense" in li for li in lines), out
        assert any(li.startswith("error: " + drop) for li in lines), out
        assert any(li.startswith("warning: %s:" % bench.conf) and "NoSuchDirective" in li
                   for li in lines), out
        assert "2 errors" in lines[-1], out

        os.unlink(drop)
        write(bench.folder, "config/omgd.conf", "[nonsense]\n")
        code, out, _ = bench.omgd("--check-config")
        assert code == 0 and "0 errors, 2 warnings" in out, (code, out)

        os.unlink(bench.conf)
        code, out, _ = bench.omgd("--check-config")
        assert code == 1 and bench.conf in out, (code, out)


@test("a check says nothing to a terminal that would obey it, and takes no value")
def check_escapes():
    with Bench(bus=False) as bench:
        write(bench.folder, "config/omgd.conf", "[limits]\nrate=\x1b[31mred\n")
        code, out, _ = bench.omgd("--check-config")
        assert code == 1 and "\x1b" not in out and "red" in out, (code, out)
        code, _, err = bench.omgd("--check-config=yes")
        assert code == 2 and "--check-config=yes" in err, (code, err)


@test("a check leaves an omgd that runs alone")
def check_beside():
    with Bench() as bench:
        bench.start().wait_loaded()
        code, out, _ = bench.omgd("--check-config")
        assert code == 0, out
        assert bench.owner_pid() == bench.process.pid


@test("a reload is announced, and ended when all is read again")
def reload():
    with Bench() as bench:
        manager = Manager(bench)
        bench.start(NOTIFY_SOCKET=manager.path).wait_loaded()
        wait_until(lambda: manager.count("READY") == 1, 10, "READY")
        served = manager.last_status()
        assert "omg.sock" in served, served
        for turn in (1, 2):
            before = bench.properties()["AsOfUSec"]
            bench.process.send_signal(signal.SIGHUP)
            wait_until(lambda: manager.count("READY") == 1 + turn, 10, "the end of the reload")
            begun = [m for m in manager.seen if "RELOADING" in m]
            assert len(begun) == turn and begun[-1]["RELOADING"] == "1", manager.seen
            assert int(begun[-1]["MONOTONIC_USEC"]) > 0, begun
            assert "again" in begun[-1]["STATUS"], begun
            order = [k for m in manager.seen for k in ("RELOADING", "READY") if k in m]
            assert order == ["READY"] + ["RELOADING", "READY"] * turn, order
            assert manager.last_status() == served, manager.seen
            assert bench.properties(STATUS)["AsOfUSec"] >= before
        assert bench.stop() == 0
        assert manager.pump().seen[-1].get("STOPPING") == "1", manager.seen


if __name__ == "__main__":
    run_tests()
