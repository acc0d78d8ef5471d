#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What omgd does by itself: the look at the machine, the network's state, pacman's lock."""

import os
import signal
import time

import omgtest
from gi.repository import Gio, GLib
from omgtest import MANAGER, STATUS, Bench, Bus, same, test, wait_until

SHORT = "[sync]\ninterval=5\n"


def network(bench, text):
    bench.drop_in("50-network", "[network]\n" + text)


def hang_up(bench):
    bench.process.send_signal(signal.SIGHUP)


def as_of(bench):
    return bench.properties()["AsOfUSec"]


def manager(bench, name):
    return bench.properties(MANAGER)[name]


@test("the machine is looked at again and again, without a change and without a job")
def _():
    with Bench() as bench:
        bench.drop_in("50-sync", SHORT)
        bench.start().wait_loaded()
        before = bench.properties()
        for _ in range(2):
            first = as_of(bench)
            wait_until(lambda: as_of(bench) > first, 12, "another look")
        after = bench.properties()
        same(after["IndexGeneration"], before["IndexGeneration"], "generation")
        same(bench.call(MANAGER, "ListJobs")[0], [], "jobs")


@test("a look that came due while omgd was stopped comes at once")
def _():
    with Bench() as bench:
        bench.drop_in("50-sync", SHORT)
        bench.start().wait_loaded()
        first = as_of(bench)
        stopped = time.time()
        bench.process.send_signal(signal.SIGSTOP)
        # Nothing of a stopped process can be waited for: longer than an interval and its slack.
        time.sleep(7)
        bench.process.send_signal(signal.SIGCONT)
        wait_until(lambda: as_of(bench) > max(first, (stopped + 5) * 1e6), 2, "a look")


@test("interval=0 is never, and a new value counts at SIGHUP")
def _():
    with Bench() as bench:
        bench.drop_in("50-sync", "[sync]\ninterval=0\n")
        bench.start().wait_loaded()
        bench.drop_in("50-sync", SHORT)
        first = as_of(bench)
        hang_up(bench)
        # One is SIGHUP's own.
        wait_until(lambda: as_of(bench) > first, 5, "the look of SIGHUP")
        second = as_of(bench)
        wait_until(lambda: as_of(bench) > second, 12, "another look")
        bench.drop_in("50-sync", "[sync]\ninterval=4\n")
        hang_up(bench)
        wait_until(lambda: "[sync] interval" in bench.log(), 5, "a word about the bad value")
        third = as_of(bench)
        wait_until(lambda: as_of(bench) > third, 12, "a look by the interval before")


@test("offline and online by omgd.conf: NetworkState, State, one signal each")
def _():
    with Bench() as bench:
        network(bench, "mode=offline\n")
        bench.start().wait_loaded()
        same(manager(bench, "NetworkState"), "offline", "NetworkState")
        same(bench.properties()["State"], "offline", "State")
        rows, _ = bench.list("ListInstalled")
        if not rows:
            raise AssertionError("nothing is answered offline")
        signals = bench.signals()
        network(bench, "mode=online\n")
        hang_up(bench)
        changed = signals.wait("PropertiesChanged", 5, lambda a: a[0] == MANAGER)
        same(changed[1], {"NetworkState": "online"}, "what changed")
        signals.wait("PropertiesChanged", 5, lambda a: a[0] == STATUS and a[1].get("State") == "ok")
        network(bench, "mode=sometimes\n")
        hang_up(bench)
        wait_until(lambda: "[network] mode" in bench.log(), 5, "a word about the bad value")
        same(manager(bench, "NetworkState"), "online", "NetworkState after a bad value")
        network(bench, "mode=online\nmetered=yes\n")
        hang_up(bench)
        wait_until(lambda: manager(bench, "Metered"), 5, "Metered")


@test("pacman's lock shows while it is there")
def _():
    with Bench() as bench:
        lock = os.path.join(os.path.dirname(bench.local), "db.lck")
        bench.start().wait_loaded()
        same(manager(bench, "PacmanLocked"), False, "PacmanLocked")
        signals = bench.signals()
        with open(lock, "w", encoding="utf-8"):
            pass
        signals.wait("PropertiesChanged", 2, lambda a: a[1].get("PacmanLocked") is True)
        os.unlink(lock)
        signals.wait("PropertiesChanged", 2, lambda a: a[1].get("PacmanLocked") is False)
        # One that is there when omgd starts.
        bench.stop()
        with open(lock, "w", encoding="utf-8"):
            pass
        bench.start()
        wait_until(lambda: manager(bench, "PacmanLocked"), 5, "PacmanLocked")


@test("what pacman writes into its log is looked at")
def _():
    with Bench() as bench:
        bench.start().wait_loaded()
        first = as_of(bench)
        with open(os.path.join(bench.root, "var/log/pacman.log"), "a", encoding="utf-8") as f:
            f.write("[2026-12-01T10:00:00+0000] [PACMAN] Running 'pacman -Sy'\n")
        wait_until(lambda: as_of(bench) > first, 5, "a look")


# -- what an omgd before this one knew ----------------------------------------------------------

COUNTS = ("TotalPackages", "ExplicitPackages", "OrphanPackages", "ForeignPackages",
          "UpdatesAvailable", "IgnoredUpdates")


@test("a restart shows the status before it, as old as it is, while nothing can be read")
def _():
    with Bench() as bench:
        bench.start().wait_loaded()
        # Kept on the worker after it was told.
        wait_until(lambda: os.path.exists(os.path.join(bench.data, "cache.db")), 5, "cache.db")
        before = bench.properties()
        bench.stop(signal.SIGKILL)
        killed = time.time() * 1e6
        for path in omgtest.index_files(bench):
            os.unlink(path)
        db = os.path.dirname(bench.local)
        os.rename(db, db + ".away")
        bench.start()
        signals = bench.signals()
        status = wait_until(lambda: bench.properties()["TotalPackages"] != omgtest.UNKNOWN and
                            bench.properties(), 5, "the status before")
        same(status["State"], "stale", "State")
        same([status[name] for name in COUNTS], [before[name] for name in COUNTS], "counts")
        # The first list of runtimes asks for another look, which may have been stored in between.
        same(before["AsOfUSec"] <= status["AsOfUSec"] <= killed, True, "AsOfUSec is of before")
        same(os.path.exists(os.path.join(bench.runtime, "omg.status")), False, "status file")
        wait_until(lambda: bench.metrics()["refreshes-total"] > 0, 5, "the first load")
        same(bench.properties()["TotalPackages"], before["TotalPackages"], "after a failed load")
        same(bench.properties()["State"], "stale", "State after a failed load")
        same(bench.call(MANAGER, "GetCacheInfo")[0]["store"], "ok", "store")
        os.rename(db + ".away", db)
        signals.wait("PropertiesChanged", 10, lambda a: a[1].get("State") == "ok")
        if bench.properties()["AsOfUSec"] <= killed:
            raise AssertionError("AsOfUSec did not grow")


@test("a damaged cache.db is said and made anew, and costs nothing else")
def _():
    with Bench() as bench:
        bench.start().wait_loaded()
        bench.stop()
        with open(os.path.join(bench.data, "cache.db"), "wb") as f:
            f.write(b"x" * 8192)
        bench.start().wait_loaded()
        wait_until(lambda: "cache.db" in bench.log(), 5, "a word about cache.db")
        same(bench.call(MANAGER, "GetCacheInfo")[0]["store"], "ok", "store")


# -- NetworkManager -----------------------------------------------------------------------------

NM = "org.freedesktop.NetworkManager"
NM_PATH = "/org/freedesktop/NetworkManager"
NM_XML = """<node><interface name="org.freedesktop.NetworkManager">
  <property name="ActiveConnections" type="ao" access="read"/>
  <property name="Connectivity" type="u" access="read"/>
  <property name="State" type="u" access="read"/>
  <property name="Metered" type="u" access="read"/>
</interface></node>"""


class Manager:
    """A NetworkManager that says what the test wants, on a system bus of the test's own."""

    def __init__(self, bus):
        self.values = {}
        self.connection = Gio.DBusConnection.new_for_address_sync(
            bus.address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT |
            Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.connection.set_exit_on_close(False)
        interface = Gio.DBusNodeInfo.new_for_xml(NM_XML).interfaces[0]
        self.connection.register_object(NM_PATH, interface, None, self.get, None)

    def get(self, _connection, _sender, _path, _interface, name):
        if name == "ActiveConnections":
            return GLib.Variant("ao", ["/some/where"])
        return GLib.Variant("u", self.values[name])

    def bus_call(self, member, parameters):
        self.connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                  "org.freedesktop.DBus", member, parameters, None,
                                  Gio.DBusCallFlags.NONE, -1, None)

    def come(self, **values):
        self.values = values
        self.bus_call("RequestName", GLib.Variant("(su)", (NM, 4)))

    def go(self):
        self.bus_call("ReleaseName", GLib.Variant("(s)", (NM,)))

    def set(self, **values):
        self.values.update(values)
        changed = {"ActiveConnections": GLib.Variant("ao", [])}
        changed.update((name, GLib.Variant("u", value)) for name, value in values.items())
        self.connection.emit_signal(None, NM_PATH, omgtest.PROPERTIES, "PropertiesChanged",
                                    GLib.Variant("(sa{sv}as)", (NM, changed, [])))


def wait_manager(bench, what, **expected):
    """Polls the bench's properties, and lets the mock answer meanwhile."""
    def reached():
        while GLib.MainContext.default().iteration(False):
            pass
        got = bench.properties(MANAGER)
        return all(got[name] == value for name, value in expected.items())
    wait_until(reached, 5, what)


@test("NetworkManager: state, portal, metered; it may come late, go, and come again")
def _():
    with Bench() as bench:
        network(bench, "mode=auto\n")
        folder = os.path.join(bench.folder, "system")
        os.mkdir(folder)
        system = Bus(folder)
        system.start()
        try:
            mock = Manager(system)
            bench.start(DBUS_SYSTEM_BUS_ADDRESS=system.address).wait_loaded()
            without = manager(bench, "NetworkState")
            same(manager(bench, "Metered"), False, "Metered without NetworkManager")
            mock.come(Connectivity=4, State=70, Metered=1)
            wait_manager(bench, "a metered connection", NetworkState="online", Metered=True)
            mock.set(Connectivity=2)
            wait_manager(bench, "a portal", NetworkState="portal", Metered=True)
            same(bench.properties()["State"], "offline", "State behind a portal")
            mock.set(Connectivity=3, Metered=4)
            wait_manager(bench, "no internet", NetworkState="local", Metered=False)
            mock.set(Metered=3)
            wait_manager(bench, "metered by guess", Metered=True)
            mock.go()
            wait_manager(bench, "its end", NetworkState=without, Metered=False)
            mock.come(Connectivity=2, State=70, Metered=0)
            wait_manager(bench, "its return", NetworkState="portal", Metered=False)
            network(bench, "mode=online\nmetered=yes\n")
            hang_up(bench)
            wait_manager(bench, "settings come first", NetworkState="online", Metered=True)
            network(bench, "mode=auto\n")
            hang_up(bench)
            wait_manager(bench, "what it said", NetworkState="portal", Metered=False)
            system.stop()
            wait_manager(bench, "the bus's end", NetworkState=without)
            system.start()
            mock = Manager(system)
            mock.come(Connectivity=2, State=70, Metered=2)
            hang_up(bench)
            wait_manager(bench, "a system bus again", NetworkState="portal")
        finally:
            system.stop()


if __name__ == "__main__":
    omgtest.run_tests()
