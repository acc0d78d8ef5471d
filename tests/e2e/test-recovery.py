#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at random instants: while omgd starts, while it asks a mirror and refreshes, while it
stores what it knows. The first answer of the next omgd must be right, its databases sound and
without a loss, and nothing left behind."""

import glob
import os
import random
import shutil
import signal
import sqlite3
import time

import omgtest
from omgtest import Bench, CallError, GLib, omgroot, same, test, wait_until

# Each takes four times as long under a sanitizer, which looks for other things.
KILLS = 200 if omgtest.SLOW == 1 else 50
REPOSITORIES = ("core", "extra")
NAMES = 40
TIME = 1700000000
AWAY = ("org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner",
        "org.freedesktop.DBus.Error.NoReply")


def package(name, version):
    """Its date of building grows with the version."""
    return omgroot.Package(name, "%d-1" % version, DESC="killed over and over",
                           BUILDDATE=str(TIME + version)).fill(version)


def set_time(path, seconds):
    os.utime(path, (seconds, seconds))


class Machine:
    """A pacman root and a mirror that change, and what omgd must say of them: this is counted here,
    not asked."""

    def __init__(self, rng):
        self.rng = rng
        self.root = None
        self.time = TIME
        # Versions by name: the newest ones, and installed ones.
        self.newest = {repo: {"%s-%02d" % (repo, n): 1 for n in range(NAMES)}
                       for repo in REPOSITORIES}
        self.installed = {name: 1 for names in self.newest.values() for name in sorted(names)[::2]}
        # What the mirror had, by repository and time: versions and the file.
        self.published = {repo: {} for repo in REPOSITORIES}
        self.totals = {len(self.installed)}

    def make(self, root):
        self.root = root
        omgroot.write_root(root, [(repo, []) for repo in REPOSITORIES],
                           [self.local(name) for name in self.installed])
        omgroot.write_file(os.path.join(root, "etc/pacman.d/mirrorlist"),
                           "Server = file://%s/$repo\n" % self.mirror(""))
        for repo in REPOSITORIES:
            os.makedirs(os.path.dirname(self.mirror(repo)))
            self.publish(repo)
            self.synchronize(repo)

    def mirror(self, repo):
        folder = os.path.join(os.path.dirname(self.root), "mirror")
        return os.path.join(folder, repo, repo + ".db") if repo else folder

    def synced(self, repo):
        return os.path.join(omgroot.db_folder(self.root), "sync", repo + ".db")

    def copy(self, repo):
        """omgd's own."""
        return os.path.join(os.path.dirname(self.root), "cache/pacman/sync", repo + ".db")

    def local(self, name):
        version = self.installed[name]
        return omgroot.as_installed(package(name, version), version, True)

    def publish(self, repo):
        data = omgroot.sync_db_bytes([package(*item) for item in self.newest[repo].items()])
        self.time += 10
        self.published[repo][self.time] = (dict(self.newest[repo]), data)
        self.replace(self.mirror(repo), data)

    def replace(self, path, data):
        omgroot.write_file(path + ".part", data)
        set_time(path + ".part", self.time)
        os.rename(path + ".part", path)

    def synchronize(self, repo):
        """As pacman -Sy does."""
        with open(self.mirror(repo), "rb") as f:
            self.replace(self.synced(repo), f.read())

    def change_mirror(self):
        """The mirror has new versions."""
        repo = self.rng.choice(REPOSITORIES)
        for name in self.rng.sample(sorted(self.newest[repo]), 5):
            self.newest[repo][name] += 1
        self.publish(repo)
        return repo

    def change_sync(self):
        self.synchronize(self.change_mirror())

    def remove(self, name):
        shutil.rmtree(omgroot.local_folder(self.root, self.local(name)))
        del self.installed[name]

    def change_local(self):
        """Some packages are upgraded, one comes or goes, as pacman does it."""
        for name in self.rng.sample(sorted(self.installed), 3):
            version = self.installed[name]
            self.remove(name)
            self.installed[name] = version + 1
            omgroot.write_local_package(self.root, self.local(name))
            self.totals |= {len(self.installed) - 1, len(self.installed)}
        name = self.rng.choice([n for names in self.newest.values() for n in sorted(names)])
        if name in self.installed:
            self.remove(name)
        else:
            self.installed[name] = 1
            omgroot.write_local_package(self.root, self.local(name))
        self.totals.add(len(self.installed))

    def available(self, repo):
        """Versions in the database that counts: the newer of pacman's and omgd's own."""
        own = self.copy(repo)
        times = [os.stat(path).st_mtime for path in (self.synced(repo), own)
                 if os.path.exists(path)]
        versions, _ = self.published[repo][int(max(times))]
        return versions

    def check_copies(self):
        """Whole ones, or none."""
        for repo in REPOSITORIES:
            path = self.copy(repo)
            if os.path.exists(path):
                with open(path, "rb") as f:
                    same(f.read() == self.published[repo][int(os.stat(path).st_mtime)][1], True,
                         "%s is what the mirror had" % path)

    def answers(self):
        """Installed packages, updates, and what a search for the repositories' names finds."""
        available = {name: version for repo in REPOSITORIES
                     for name, version in self.available(repo).items()}
        return (sorted((n, "%d-1" % v) for n, v in self.installed.items()),
                sorted((n, "%d-1" % v, "%d-1" % available[n]) for n, v in self.installed.items()
                       if available[n] > v),
                sorted((n, "%d-1" % v) for n, v in available.items()))


def get_answers(bench):
    """The same of omgd."""
    found = [row for repo in REPOSITORIES
             for row in bench.search(repo + "-", mode="prefix", limit=1000)[0]]
    return (sorted(tuple(row[:2]) for row in bench.list("ListInstalled")[0]),
            sorted(tuple(row[:3]) for row in bench.list("ListUpdates")[0]),
            sorted(available_version(row) for row in found))


def available_version(row):
    return row[0], row[6].get("available-version", row[1])


def first_answers(bench):
    """Of an omgd that has just been started: asked until there is one, and not a second time."""
    def ask():
        code = bench.process.poll()
        if code is not None:
            raise AssertionError("omgd ended with %d:\n%s" % (code, bench.log()))
        try:
            return get_answers(bench)
        except CallError as error:
            # The bus may still know the one before.
            if error.name not in AWAY:
                raise
            return None
    return wait_until(ask, 20, "an answer")


def is_ours(pid, folder):
    try:
        with open("/proc/%s/environ" % pid, "rb") as f:
            return ("OMG_DAEMON_DATA_DIR=" + folder + "/").encode() in f.read()
    except OSError:
        return False


def wait_gone(bench):
    """Helpers must not outlive their omgd."""
    wait_until(lambda: not [p for p in glob.glob("[0-9]*", root_dir="/proc")
                            if is_ours(p, bench.folder)], 10, "the end of helpers")


def files(bench):
    """All that omgd made, without what SQLite has beside its files."""
    return {os.path.relpath(os.path.join(here, name), bench.folder)
            for folder in (bench.data, bench.runtime, os.path.join(bench.folder, "cache"))
            for here, _, names in os.walk(folder) for name in names
            if not name.endswith(("-wal", "-journal"))}


def read_database(bench, name, queries):
    """Rows of a copy of what the killed omgd left, by another SQLite; it must be sound."""
    copies = os.path.join(bench.folder, "copies")
    shutil.rmtree(copies, ignore_errors=True)
    os.mkdir(copies)
    for part in glob.glob(os.path.join(bench.data, name + "*")):
        shutil.copy(part, copies)
    if not os.path.exists(os.path.join(copies, name)):
        return None
    database = sqlite3.connect(os.path.join(copies, name))
    try:
        same(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)], name)
        return [database.execute(query).fetchall() for query in queries]
    finally:
        database.close()


class Killing:
    """A machine, its omgd, and how long what is to be interrupted takes."""

    def __init__(self, bench, machine):
        self.bench = bench
        self.machine = machine
        self.rng = machine.rng
        begin = time.monotonic()
        self.start_and_check("the first start")
        self.start_seconds = time.monotonic() - begin
        begin = time.monotonic()
        said = bench.signals()
        self.refresh(bench)
        said.wait("Completed", 20)
        said.close()
        self.refresh_seconds = time.monotonic() - begin
        # Written once the index has stood for a moment.
        self.names = files(bench) | {"data/checked-files"}
        self.counts = {}
        self.events = []
        self.generation = 0

    def refresh(self, bench):
        """Asked for, not waited for."""
        bench.connection.call(omgtest.NAME, omgtest.PATH, omgtest.MANAGER, "Refresh",
                              GLib.Variant("(asa{sv})", ([], omgtest.options(force=True))), None,
                              omgtest.Gio.DBusCallFlags.NO_AUTO_START, -1, None, None)
        bench.connection.flush_sync(None)

    def start_and_check(self, what):
        self.bench.start(wait=False)
        same(first_answers(self.bench), self.machine.answers(), what)

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def kill(self):
        bench = self.bench
        same(bench.process.poll(), None, "omgd ended before it was killed")
        same(bench.stop(signal.SIGKILL), -signal.SIGKILL, "exit code")
        if glob.glob(bench.data + "/.*.idx*") or glob.glob(bench.data + "/*.new"):
            self.count("with an index half written")
        if glob.glob(bench.folder + "/cache/pacman/staging/*"):
            self.count("with a database being fetched")
        self.machine.check_copies()
        self.check_records()

    def check_records(self):
        """What was stored is still there."""
        status, events = read_database(self.bench, "cache.db", (
            "SELECT generation, total FROM status", "SELECT * FROM events ORDER BY id"))
        generation, total = status[0]
        same(generation >= self.generation, True, "a newer status")
        same(total in self.machine.totals, True, "a status of before: %d packages" % total)
        same(events[:len(self.events)], self.events, "events of before")
        self.generation, self.events = generation, events

    def kill_in_start(self):
        """Sometimes with nothing to begin with."""
        if self.rng.random() < 0.3:
            for path in omgtest.index_files(self.bench):
                os.unlink(path)
        self.bench.start(wait=False)
        time.sleep(self.rng.uniform(0, 1.2 * self.start_seconds))
        self.count("in a start")
        self.kill()

    def kill_in_refresh(self):
        """Of one asked for, or of one that inotify began."""
        changes = (self.machine.change_local, self.machine.change_sync, self.machine.change_mirror)
        for change in self.rng.sample(changes, self.rng.randint(1, 2)):
            change()
        if self.rng.random() < 0.2:
            self.count("in a refresh by itself")
            time.sleep(0.25)
        else:
            self.count("in a refresh asked for")
            self.refresh(self.bench)
        time.sleep(self.rng.uniform(0, 1.2 * self.refresh_seconds))
        self.kill()

    def one(self, number):
        if self.rng.random() < 0.4:
            self.kill_in_start()
        else:
            self.start_and_check("the first answer after kill %d" % number)
            self.kill_in_refresh()
        if self.rng.random() < 0.5:
            wait_gone(self.bench)

    def check_end(self):
        bench = self.bench
        wait_gone(bench)
        self.start_and_check("the last start")
        self.refresh(bench)
        wait_until(lambda: bench.properties()["State"] == "ok", 10, "State ok")
        wait_until(lambda: files(bench) == self.names, 10,
                   "nothing left behind: %r" % sorted(files(bench) ^ self.names))
        same(bench.stop(), 0, "exit code")
        self.check_records()
        same(bool(self.events), True, "that events were stored")


@test("%d times kill -9 at random instants: the next first answer is right, and nothing is left"
      % KILLS)
def kills():
    seed = random.randrange(2**32)
    print("# seed %d" % seed)
    machine = Machine(random.Random(seed))
    with Bench(root=machine.make) as bench:
        bench.drop_in("10-mirrors", "[sync]\nmirrors=3600\n")
        killing = Killing(bench, machine)
        bench.stop()
        for number in range(KILLS):
            killing.one(number)
            # A helper has at most a folder and a file of its own; the next start removes them.
            left = os.listdir(bench.data)
            same(len(left) < len(killing.names) + 8, True, "what is left: %r" % left)
        killing.check_end()
        print("# kills %s" % ", ".join("%s: %d" % item for item in sorted(killing.counts.items())))
        # That the instants were chosen well.
        for what in "with an index half written", "with a database being fetched":
            same(killing.counts.get(what, 0) > 0, True, "kills " + what)
        same("rebuilding it" in bench.log(), False, "an index file that cannot be used is named")


if __name__ == "__main__":
    omgtest.run_tests()
