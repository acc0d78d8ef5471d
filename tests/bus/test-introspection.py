#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The XML files of introspection/ beside what a running omgd says of itself: every interface,
member, argument and annotation, in both directions. TAP on standard output.

OMGD and OMG_INDEX_HELPER name the programs, OMG_INTROSPECTION_DIR the folder."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402 (the version must be required first)

NAME = "org.omgd1"
PATH = "/org/omgd1"
STANDARD = "org.freedesktop.DBus."
EMITS = STANDARD + "Property.EmitsChangedSignal"
# Of the XML alone: sd-bus has no place for annotations of ours.
DOCUMENTED_ONLY = NAME + ".Changes"


def start_bus(folder):
    """A dbus-daemon of our own: the process and its address."""
    address = "unix:path=%s/bus" % folder
    config = os.path.join(folder, "bus.conf")
    with open(config, "w", encoding="utf-8") as f:
        f.write("<busconfig><type>session</type><listen>%s</listen><auth>EXTERNAL</auth>"
                "<policy context='default'><allow send_destination='*'/><allow own='*'/>"
                "<allow eavesdrop='true'/></policy></busconfig>" % address)
    bus = subprocess.Popen(["dbus-daemon", "--nofork", "--nopidfile", "--config-file", config])
    for _ in range(500):
        if os.path.exists(os.path.join(folder, "bus")):
            return bus, address
        time.sleep(0.02)
    sys.exit("dbus-daemon does not start")


def start_omgd(folder, address):
    """omgd in the foreground, over a configuration without repositories."""
    conf = os.path.join(folder, "pacman.conf")
    with open(conf, "w", encoding="utf-8") as f:
        f.write("[options]\nDBPath = %s/db\n" % folder)
    os.makedirs(os.path.join(folder, "db/local"))
    os.makedirs(os.path.join(folder, "config"))
    with open(os.path.join(folder, "config/omgd.conf"), "w", encoding="utf-8") as f:
        f.write("[network]\nmode=offline\n\n[sync]\nmirrors=0\ntracker=0\nosv=0\naur=0\n")
    environment = dict(os.environ, DBUS_SESSION_BUS_ADDRESS=address, OMG_PACMAN_CONF=conf,
                       OMG_DAEMON_DATA_DIR=os.path.join(folder, "data"), XDG_RUNTIME_DIR=folder,
                       OMG_CACHE_DIR=os.path.join(folder, "cache"),
                       OMG_CONFIG_DIR=os.path.join(folder, "config"))
    return subprocess.Popen([os.environ["OMGD"], "--foreground"], env=environment)


def connect(address):
    flags = (Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
             | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION)
    connection = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
    for _ in range(500):
        owned = connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus", "NameHasOwner",
                                     GLib.Variant("(s)", (NAME,)), None, 0, 5000, None)
        if owned.unpack()[0]:
            return connection
        time.sleep(0.02)
    sys.exit("omgd does not come up")


def introspect(connection, path):
    reply = connection.call_sync(NAME, path, STANDARD + "Introspectable", "Introspect", None, None,
                                 0, 20000, None)
    return ElementTree.fromstring(reply.unpack()[0])


def describe_member(member, lines):
    """One line a member and argument; what is the default is written out."""
    kind, name = member.tag, member.get("name")
    if kind == "property":
        emits = [a.get("value") for a in member.findall("annotation") if a.get("name") == EMITS]
        lines.append("property %s %s %s emits=%s" % (
            name, member.get("type"), member.get("access"), emits[0] if emits else "true"))
        return
    lines.append("%s %s" % (kind, name))
    default = "out" if kind == "signal" else "in"
    for number, arg in enumerate(member.findall("arg")):
        lines.append("%s %s arg %d %s %s %s" % (
            kind, name, number, arg.get("direction", default), arg.get("type"), arg.get("name")))
    for annotation in member.findall("annotation"):
        if annotation.get("name") == DOCUMENTED_ONLY:
            continue
        lines.append("%s %s annotation %s=%s" % (
            kind, name, annotation.get("name"), annotation.get("value")))


def describe(root):
    """{interface: [lines]} of all interfaces that are not the bus's own, members in order."""
    found = {}
    for interface in root.findall("interface"):
        if interface.get("name").startswith(STANDARD):
            continue
        lines = []
        for kind in ("method", "signal", "property"):
            for member in interface.findall(kind):
                describe_member(member, lines)
        found[interface.get("name")] = lines
    return found


def read_documented():
    folder = os.environ["OMG_INTROSPECTION_DIR"]
    found = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".xml"):
            found.update(describe(ElementTree.parse(os.path.join(folder, name)).getroot()))
    return found


def main():
    folder = tempfile.mkdtemp(prefix="omg-introspection-")
    bus, omgd = None, None
    try:
        bus, address = start_bus(folder)
        omgd = start_omgd(folder, address)
        connection = connect(address)
        job = connection.call_sync(NAME, PATH, NAME + ".Manager", "Refresh",
                                   GLib.Variant("(asa{sv})", ([], {})), None, 0, 20000, None)
        live = describe(introspect(connection, PATH))
        live.update(describe(introspect(connection, job.unpack()[0])))
        documented = read_documented()
    finally:
        for process in (omgd, bus):
            if process:
                process.terminate()
                process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)

    names = sorted(set(live) | set(documented))
    print("1..%d" % (len(names) + 1))
    for number, name in enumerate(names, 1):
        same = live.get(name) == documented.get(name)
        print("%sok %d %s" % ("" if same else "not ", number, name))
        if not same:
            print("# live and not documented: %s" % sorted(
                set(live.get(name) or ["nothing"]) - set(documented.get(name) or [])))
            print("# documented and not live: %s" % sorted(
                set(documented.get(name) or ["nothing"]) - set(live.get(name) or [])))
    print("%sok %d omgd ends with 0" % ("" if omgd.returncode == 0 else "not ", len(names) + 1))


main()
