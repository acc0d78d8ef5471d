# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit log without omgd: its chain by another SQLite and another SHA-256, and what somebody
who may write the file can do to it."""

import glob
import hashlib
import os
import shutil
import sqlite3
import struct

COLUMNS = "seq, time, event, severity, actor, resource, description, metadata, prev, hash"
NO_HASH = bytes(32)


def record_hash(row):
    """As store/audit-record.h says; row has the first nine columns."""
    digest = hashlib.sha256(b"omgd-audit-1")
    for value in row[:9]:
        if value is None:
            digest.update(struct.pack("<Q", 2 ** 64 - 1))
            continue
        data = (struct.pack("<Q", value) if isinstance(value, int)
                else value if isinstance(value, bytes) else value.encode())
        digest.update(struct.pack("<Q", len(data)) + data)
    return digest.digest()


def connect(folder):
    return sqlite3.connect(os.path.join(folder, "audit.db"))


def tamper(folder, sql):
    """By SQL, as with sqlite3(1)."""
    database = connect(folder)
    database.executescript(sql)
    database.commit()
    database.close()


def rechain(folder, set_head=True, cut=None):
    """Computes all hashes anew, of the records up to cut: as good as the chain it replaces."""
    database = connect(folder)
    if cut:
        database.execute("DELETE FROM records WHERE seq > ?", (cut,))
    previous, sequence = NO_HASH, 0
    for row in database.execute("SELECT %s FROM records ORDER BY seq" % COLUMNS).fetchall():
        sequence += 1
        row = (sequence, *row[1:8], previous)
        previous = record_hash(row)
        database.execute("UPDATE records SET prev = ?, hash = ? WHERE seq = ?",
                         (row[8], previous, sequence))
    if set_head:
        database.execute("UPDATE chain SET seq = ?, hash = ?", (sequence, previous))
    database.commit()
    database.close()


def extend(folder, count):
    """That many more records, as good as omgd's."""
    database = connect(folder)
    sequence, previous = database.execute("SELECT seq, hash FROM chain").fetchone()
    rows = []
    for number in range(sequence + 1, sequence + count + 1):
        row = (number, 1780000000000000 + number, "package_upgrade", "info", "omgd",
               "package-%d" % (number % 1500), "package-%d went up from 1-1 to 2-1" % number,
               '{"old":"1-1","new":"2-1"}', previous)
        previous = record_hash(row)
        rows.append((*row, previous))
    database.executemany("INSERT INTO records (%s) VALUES (?,?,?,?,?,?,?,?,?,?)" % COLUMNS, rows)
    database.execute("UPDATE chain SET seq = ?, hash = ?", (sequence + count, previous))
    database.commit()
    database.close()


def read_rows(path):
    database = sqlite3.connect(path)
    try:
        if database.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise AssertionError(path + " is not sound")
        return database.execute("SELECT %s FROM records ORDER BY seq" % COLUMNS).fetchall()
    finally:
        database.close()


def read_chain(folder):
    """{number: hash} of the whole log, archives too, of a copy of the files; an AssertionError when
    it is no chain."""
    copies = folder + ".copy"
    shutil.rmtree(copies, ignore_errors=True)
    os.mkdir(copies)
    for path in glob.glob(os.path.join(folder, "audit*")):
        shutil.copy(path, copies)
    archives = glob.glob(os.path.join(copies, "audit-*.db"))
    rows = [row for path in archives for row in read_rows(path)]
    rows += read_rows(os.path.join(copies, "audit.db"))
    rows.sort()
    previous, chain = NO_HASH, {}
    for number, row in enumerate(rows, 1):
        if row[0] != number or row[8] != previous or row[9] != record_hash(row):
            raise AssertionError("record %d is not what follows: %r" % (number, row))
        previous = chain[number] = row[9]
    head = connect(copies).execute("SELECT seq, hash FROM chain").fetchone()
    if chain and head != (len(chain), previous):
        raise AssertionError("the head is %r" % (head,))
    return chain
