# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads an index layer with nothing of omgd's code: store/layer-format.h and package-codec.h."""

import struct

STRING, STRV, NUMBER, REAL = range(4)

# The fields by their tags, as store/package-fields.h has them, that an AUR package may have.
FIELDS = {
    0: ("base", STRING), 2: ("url", STRING), 3: ("licenses", STRV), 4: ("groups", STRV),
    5: ("provides", STRV), 6: ("depends", STRV), 7: ("optdepends", STRV), 8: ("makedepends", STRV),
    9: ("checkdepends", STRV), 10: ("conflicts", STRV), 11: ("replaces", STRV),
    27: ("maintainer", STRING), 28: ("co-maintainers", STRV), 29: ("submitter", STRING),
    30: ("votes", NUMBER), 31: ("popularity", REAL), 32: ("out-of-date", NUMBER),
    33: ("first-submitted", NUMBER), 34: ("last-modified", NUMBER), 35: ("keywords", STRV),
    36: ("url-path", STRING),
}
SECTIONS = ("stamps", "repositories", "packages", "text", "name-hash", "name-order", "runs",
            "suffixes", "words", "postings", "repository-bits", "replaces", "groups",
            "group-members", "relation-keys", "relation-ids", "details")
PACKAGE = struct.Struct("<8I4HdQ")


def read_varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def read_strings(data):
    at, strings = 0, []
    while at < len(data):
        size, at = read_varint(data, at)
        strings.append(data[at:at + size].decode())
        at += size
    return strings


def read_details(data):
    at, fields = 0, {}
    while at < len(data):
        name, kind = FIELDS[data[at]]
        size, at = read_varint(data, at + 1)
        payload = data[at:at + size]
        at += size
        fields[name] = (payload.decode() if kind == STRING else
                        read_strings(payload) if kind == STRV else
                        read_varint(payload, 0)[0] if kind == NUMBER else
                        struct.unpack("<d", payload)[0])
    return fields


class Layer:
    """sections: bytes by name; packages: dictionaries, in the order of their ids."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        self.kind = struct.unpack_from("<I", data, 12)[0]
        self.sections = {}
        for i, name in enumerate(SECTIONS):
            offset, size, _ = struct.unpack_from("<QQQ", data, 48 + 24 * i)
            self.sections[name] = data[offset:offset + size]
        self.packages = [self.read_package(values)
                         for values in PACKAGE.iter_unpack(self.sections["packages"])]

    def text(self, offset):
        text = self.sections["text"]
        return text[offset:text.index(b"\0", offset)].decode()

    def read_package(self, values):
        (name, version, description, _, _, _, details, size, _, _, repository, flags, popularity,
         votes) = values
        return {"name": self.text(name), "version": self.text(version),
                "description": self.text(description), "repository": repository, "flags": flags,
                "popularity": popularity, "votes": votes,
                "fields": read_details(self.sections["details"][details:details + size])}
