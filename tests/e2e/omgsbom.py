# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/) for what omgd writes: which members
an object may and must have, enumerations, references, package URLs (purl-spec), SPDX expressions.
Written after the specification and not after omgd; what it knows nothing of is a mistake."""

import datetime
import re

SERIAL = re.compile("urn:uuid:[0-9a-f]{8}" + 3 * "-[0-9a-f]{4}" + "-[0-9a-f]{12}")
PURL = re.compile(r"pkg:(alpm/arch|generic)/((?:[a-z0-9.\-_~]|%[0-9A-F]{2})+)"
                  r"@((?:[A-Za-z0-9.\-_~:]|%[0-9A-F]{2})+)"
                  r"(\?arch=(?:[a-z0-9.\-_~]|%[0-9A-F]{2})+)?")
URL = re.compile(r"[a-z][a-z0-9+.\-]*:[^\s<>\"{}|\\^`]*", re.I)
SPDX_WORD = re.compile(r"(?:DocumentRef-[A-Za-z0-9.\-]+:)?[A-Za-z0-9.\-]+\+?")
PHASES = {"design", "pre-build", "build", "post-build", "operations", "discovery", "decommission"}
TYPES = {"application", "framework", "library", "container", "platform", "operating-system",
         "device", "device-driver", "firmware", "file", "machine-learning-model", "data",
         "cryptographic-asset"}
SEVERITIES = {"critical", "high", "medium", "low", "info", "none", "unknown"}
METHODS = {"CVSSv2", "CVSSv3", "CVSSv31", "CVSSv4", "OWASP", "SSVC", "other"}
STATES = {"resolved", "resolved_with_pedigree", "exploitable", "in_triage", "false_positive",
          "not_affected"}
RESPONSES = {"can_not_fix", "will_not_fix", "update", "rollback", "workaround_available"}


class Mistake(AssertionError):
    """Where, and what."""


def need(condition, where, what):
    if not condition:
        raise Mistake("%s: %s" % (where, what))


def members(value, where, needed, more=()):
    need(isinstance(value, dict), where, "no object")
    need(set(needed) <= set(value), where, "lacks %s" % sorted(set(needed) - set(value)))
    odd = set(value) - set(needed) - set(more)
    need(not odd, where, "has %s" % sorted(odd))
    for name, member in value.items():
        need(member is not None, where, "%s is null" % name)


def texts(value, where, *names):
    for name in names:
        if name in value:
            need(isinstance(value[name], str) and value[name], where, "%s is no text" % name)


def is_time(text):
    try:
        datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
        return True
    except ValueError:
        return False


def check_expression(text, where):
    """SPDX 2.3, annex D: words, AND, OR, WITH, parentheses."""
    words = re.findall(r"[()]|[^\s()]+", text)
    at = 0

    def peek():
        return words[at] if at < len(words) else None

    def take():
        nonlocal at
        at += 1
        return words[at - 1] if at <= len(words) else None

    def simple():
        word = take()
        if word == "(":
            level()
            need(take() == ")", where, "no ) in %r" % text)
            return
        need(word and SPDX_WORD.fullmatch(word) and word not in ("AND", "OR", "WITH"), where,
             "%r in %r" % (word, text))
        if peek() == "WITH":
            take()
            need(SPDX_WORD.fullmatch(take() or ""), where, "no exception in %r" % text)

    def level():
        simple()
        while peek() in ("AND", "OR"):
            take()
            simple()

    level()
    need(at == len(words), where, "%r behind the end of %r" % (peek(), text))


def check_properties(value, where):
    for number, row in enumerate(value.get("properties", [])):
        members(row, "%s.properties[%d]" % (where, number), ("name", "value"))
        texts(row, where, "name", "value")


def check_component(row, where, refs):
    members(row, where, ("type", "name"),
            ("bom-ref", "publisher", "version", "description", "hashes", "licenses", "purl",
             "externalReferences", "properties"))
    texts(row, where, "name", "version", "publisher", "description", "bom-ref")
    need(row["type"] in TYPES, where, "type %r" % row["type"])
    need(len(row.get("version", "")) <= 1024, where, "a long version")
    if "bom-ref" in row:
        need(row["bom-ref"] not in refs, where, "%r twice" % row["bom-ref"])
        need(not row["bom-ref"].startswith("urn:cdx:"), where, "a BOM-Link as reference")
        refs.add(row["bom-ref"])
    if "purl" in row:
        need(PURL.fullmatch(row["purl"]), where, "purl %r" % row["purl"])
    for one in row.get("hashes", ()):
        members(one, where, ("alg", "content"))
        need(one["alg"] == "SHA-256" and re.fullmatch("[a-fA-F0-9]{64}", one["content"]), where,
             "hash %r" % one)
    if "licenses" in row:
        need(len(row["licenses"]) == 1, where, "more than one expression")
        members(row["licenses"][0], where, ("expression",), ("acknowledgement", "bom-ref"))
        need(row["licenses"][0].get("acknowledgement", "declared") in ("declared", "concluded"),
             where, "acknowledgement")
        check_expression(row["licenses"][0]["expression"], where)
    for one in row.get("externalReferences", ()):
        members(one, where, ("type", "url"))
        need(one["type"] == "website" and URL.fullmatch(one["url"]), where, "link %r" % one)
    check_properties(row, where)


def check_metadata(value, refs):
    where = "metadata"
    members(value, where, ("timestamp", "lifecycles", "tools", "component", "properties"))
    need(is_time(value["timestamp"]), where, "timestamp %r" % value["timestamp"])
    for row in value["lifecycles"]:
        members(row, where, ("phase",))
        need(row["phase"] in PHASES, where, "phase %r" % row["phase"])
    members(value["tools"], where, ("components",))
    for row in value["tools"]["components"]:
        check_component(row, "metadata.tools", refs)
    check_component(value["component"], "metadata.component", refs)
    check_properties(value, where)
    names = [row["name"] for row in value["properties"]]
    need(len(names) == len(set(names)), where, "a property twice")


def check_dependencies(rows, refs):
    seen = set()
    for number, row in enumerate(rows):
        where = "dependencies[%d]" % number
        members(row, where, ("ref",), ("dependsOn",))
        need(row["ref"] in refs, where, "%r is no component" % row["ref"])
        need(row["ref"] not in seen, where, "%r twice" % row["ref"])
        seen.add(row["ref"])
        needs = row.get("dependsOn", [])
        need(len(needs) == len(set(needs)), where, "one twice in dependsOn")
        need(set(needs) <= refs, where, "dependsOn what is no component")


def check_source(row, where):
    members(row, where, (), ("name", "url"))
    texts(row, where, "name", "url")
    need("url" not in row or URL.fullmatch(row["url"]), where, "url")


def check_rating(row, where):
    members(row, where, (), ("source", "score", "severity", "method", "vector"))
    need(row.get("severity", "none") in SEVERITIES, where, "severity %r" % row.get("severity"))
    need(row.get("method", "other") in METHODS, where, "method %r" % row.get("method"))
    need(0 <= row.get("score", 0) <= 10, where, "score %r" % row.get("score"))
    check_source(row.get("source", {}), where)


def check_vulnerability(row, where, refs):
    members(row, where, ("id", "source", "analysis", "affects"),
            ("references", "ratings", "description", "recommendation", "properties"))
    texts(row, where, "id", "description", "recommendation")
    check_source(row["source"], where)
    for one in row.get("references", ()):
        members(one, where, ("id", "source"))
        check_source(one["source"], where)
    for one in row.get("ratings", ()):
        check_rating(one, where)
    analysis = row["analysis"]
    members(analysis, where, ("state",), ("response", "detail"))
    need(analysis["state"] in STATES, where, "state %r" % analysis["state"])
    need(set(analysis.get("response", ())) <= RESPONSES, where, "response")
    texts(analysis, where, "detail")
    need(row["affects"], where, "affects nothing")
    for one in row["affects"]:
        members(one, where, ("ref",), ("versions",))
        need(one["ref"] in refs, where, "affects %r, which is no component" % one["ref"])
        for version in one.get("versions", ()):
            members(version, where, ("version", "status"))
            need(version["status"] in ("affected", "unaffected", "unknown"), where, "status")
    check_properties(row, where)


def check(document):
    """Raises Mistake."""
    members(document, "document", ("bomFormat", "specVersion", "serialNumber", "version",
                                   "metadata", "components", "dependencies"),
            ("vulnerabilities",))
    need(document["bomFormat"] == "CycloneDX", "bomFormat", document["bomFormat"])
    need(document["specVersion"] == "1.6", "specVersion", document["specVersion"])
    need(document["version"] == 1, "version", document["version"])
    need(SERIAL.fullmatch(document["serialNumber"]), "serialNumber", document["serialNumber"])
    refs = set()
    check_metadata(document["metadata"], refs)
    for number, row in enumerate(document["components"]):
        check_component(row, "components[%d]" % number, refs)
        need("bom-ref" in row and "purl" in row, "components[%d]" % number, "no reference")
    check_dependencies(document["dependencies"], refs)
    for number, row in enumerate(document.get("vulnerabilities", ())):
        check_vulnerability(row, "vulnerabilities[%d]" % number, refs)


def properties(document):
    return {row["name"]: row["value"] for row in document["metadata"]["properties"]}
