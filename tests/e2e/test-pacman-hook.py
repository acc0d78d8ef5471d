#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""packaging/omgd.hook, run by the real pacman in a root of its own that has the system's programs,
read-only, and a private bus at the place of the system's. Needs root."""

import os
import shutil
import subprocess

import omgtest
from omgtest import NAME, Gio, GLib, Skip, omgroot, same, test, wait_until

HOOKS = os.path.join(omgtest.HERE, "../../packaging")
MANAGER_XML = """<node><interface name="org.omgd1.Manager">
<method name="StateHasChanged"><arg type="s" direction="in"/></method>
</interface></node>"""

# pacman runs hooks in its root. What of the system they need is bound there, and nobody else sees
# it.
IN_ROOT = """
root=$1 bus=$2; shift 2
for folder in usr bin sbin lib lib64 etc/alternatives; do
    if [ -L "/$folder" ]; then
        ln -sfn "$(readlink "/$folder")" "$root/$folder"
    elif [ -d "/$folder" ]; then
        mkdir -p "$root/$folder"
        mount --rbind "/$folder" "$root/$folder" || exit 77
        mount -o remount,bind,ro "$root/$folder" || exit 77
    fi
done
mkdir -p "$root/run/dbus" "$root/dev"
mount --rbind /dev "$root/dev" || exit 77
if [ -n "$bus" ]; then
    : >"$root/run/dbus/system_bus_socket"
    mount --bind "$bus" "$root/run/dbus/system_bus_socket" || exit 77
fi
exec "$@"
"""


class Omgd:
    """Stands in for omgd --system: keeps what it is told. reply False: never answers."""

    def __init__(self, bench, reply=True):
        self.told = []
        self.reply = reply
        self.connection = bench.connect()
        node = Gio.DBusNodeInfo.new_for_xml(MANAGER_XML)
        self.connection.register_object(omgtest.PATH, node.interfaces[0], self.on_call)
        self.connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                  "org.freedesktop.DBus", "RequestName",
                                  GLib.Variant("(su)", (NAME, 4)), None, 0, 5000, None)

    def on_call(self, _connection, _sender, _path, _interface, _member, parameters, invocation):
        self.told.append(parameters.unpack()[0])
        if self.reply:
            invocation.return_value(None)


def made_package(bench, version="1-1"):
    package = omgroot.Package("test-made", version, DESC="made for a test").fill(5, arch="any")
    path = os.path.join(bench.folder, "test-made-%s-any.pkg.tar.zst" % version)
    omgroot.build_package(path, package, {"opt/test-made/README": "x\n"})
    return path


def pacman_in_root(bench, *arguments, bus=True):
    """Runs the real pacman with the hook, while this process serves the bus."""
    omgtest.need_pacman()
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("busctl"):
        raise Skip("not root, or no unshare, or no busctl")
    command = ["unshare", "-m", "sh", "-c", IN_ROOT, "sh", bench.root,
               bench.bus.socket if bus else "", "pacman", "--root", bench.root,
               "--dbpath", omgroot.db_folder(bench.root), "--config", bench.conf, "--hookdir",
               HOOKS, "--logfile", os.path.join(bench.folder, "pacman.log"), "--noconfirm",
               *arguments]
    environment = {"LC_ALL": "C", "PATH": os.environ["PATH"], "HOME": bench.root}
    with open(os.path.join(bench.folder, "pacman.out"), "w+b") as output:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=output)
        pump(process)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if process.returncode == 77:
        raise Skip("no mounts of our own here")
    same(process.returncode, 0, "pacman: " + text)
    if "error" in text or "warning" in text:
        raise AssertionError("pacman says: " + text)
    return text


def pump(process):
    """Until it has ended, answering what comes over the bus."""
    context = GLib.MainContext.default()

    def ended():
        while context.iteration(False):
            pass
        return process.poll() is not None
    wait_until(ended, 60, "pacman")


def with_root():
    bench = omgtest.Bench()
    with open(bench.conf, encoding="utf-8") as f:
        conf = f.read()
    omgroot.write_file(bench.conf, conf.replace("CheckSpace\n", ""))
    return bench


@test("omgd is told once of each transaction: install, upgrade, remove")
def _():
    with with_root() as bench:
        omgd = Omgd(bench)
        text = pacman_in_root(bench, "-U", made_package(bench))
        same("Telling omgd" in text, True, "pacman names the hook: " + text)
        same(omgd.told, ["pacman"], "after an installation")
        pacman_in_root(bench, "-U", made_package(bench, "2-1"))
        same(omgd.told, ["pacman"] * 2, "after an upgrade")
        pacman_in_root(bench, "-R", "test-made")
        same(omgd.told, ["pacman"] * 3, "after a removal")


@test("nobody there, or no bus: the transaction is none the worse, and nothing is said")
def _():
    with with_root() as bench:
        pacman_in_root(bench, "-U", made_package(bench))
        same(bench.has_name(), False, "something was started")
        pacman_in_root(bench, "-R", "test-made", bus=False)


@test("one who does not answer holds pacman up for some seconds at most")
def _():
    with with_root() as bench:
        omgd = Omgd(bench, reply=False)
        pacman_in_root(bench, "-U", made_package(bench))
        same(omgd.told, ["pacman"], "told")


omgtest.run_tests()
