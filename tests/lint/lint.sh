#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# One linter over the tree. usage: lint.sh LINTER SOURCE_ROOT BUILD_ROOT
# Exit code 77 is a skip, with its reason as the last line of output.
set -euo pipefail

linter=$1
source_root=$2
build_root=$3
cd "$source_root"

skip() {
    echo "$*"
    exit 77
}

need() {
    command -v "$1" >/dev/null || skip "no $1"
}

# Files below the source root by name patterns, without build directories.
sources() {
    local patterns=() pattern
    for pattern in "$@"; do
        patterns+=(-o -name "$pattern")
    done
    find . \( -name .git -o -name 'build*' -type d -o -name .cache \) -prune -o \
        -type f \( "${patterns[@]:1}" \) -print | sort
}

shell_scripts() {
    grep -rlIE --exclude-dir=.git --exclude-dir='build*' '^#!.*\b(bash|sh)$' . | sort
}

# Other versions of clang-format break lines elsewhere: the one of Debian 12 decides.
clang_format() {
    local tool
    for tool in clang-format-14 clang-format; do
        if command -v "$tool" >/dev/null && "$tool" --version | grep -q 'version 14\.'; then
            sources '*.c' '*.h' | xargs -r "$tool" --dry-run -Werror
            return
        fi
    done
    skip "no clang-format 14"
}

introspection() {
    need xmllint
    XML_CATALOG_FILES=tests/lint/catalog.xml xmllint --noout --nonet --valid introspection/*.xml
}

translations() {
    local file
    need msgfmt
    [ -s po/POTFILES ] || [ -s po/POTFILES.in ] || skip "no list of translatable files"
    while read -r file; do
        [ -z "$file" ] || [[ $file = '#'* ]] || [ -f "$file" ] || {
            echo "po/POTFILES names $file, which is not there"
            exit 1
        }
    done < <(cat po/POTFILES* 2>/dev/null)
    for file in po/*.po; do
        [ ! -e "$file" ] || msgfmt --check -o /dev/null "$file"
    done
}

# The units as they will be installed, but with a program that is there already.
units() {
    local target=$1 unit count=0
    for unit in "$source_root"/systemd/*.service "$build_root"/systemd/*.service; do
        [ -e "$unit" ] || continue
        sed 's#^ExecStart=[^ ]*#ExecStart=/bin/true#' "$unit" >"$target/$(basename "$unit")"
        count=$((count + 1))
    done
    for unit in "$source_root"/systemd/*.socket; do
        [ ! -e "$unit" ] || cp "$unit" "$target"
    done
    [ "$count" -gt 0 ] || skip "no units yet"
}

with_units() {
    need systemd-analyze
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mkdir -m 700 "$work/units" "$work/run"
    units "$work/units"
    export XDG_RUNTIME_DIR=$work/run SYSTEMD_LOG_LEVEL=warning
}

# An unknown key is only a line on standard error: any line is a finding.
systemd_verify() {
    local findings
    with_units
    findings=$(systemd-analyze --user --man=no verify "$work"/units/* 2>&1) || {
        echo "$findings"
        exit 1
    }
    if [ -n "$findings" ]; then
        echo "$findings"
        exit 1
    fi
}

# The threshold, in tenths, is what the user unit reaches: it must not get worse. Most of what it
# misses cannot be had in a user manager (see the unit).
systemd_security() {
    local unit
    with_units
    for unit in "$work"/units/*.service; do
        systemd-analyze --no-pager security --offline=true --threshold="${OMG_UNIT_EXPOSURE:-65}" \
            "$unit"
    done
}

case $linter in
    clang-format) clang_format ;;
    shellcheck)
        need shellcheck
        shell_scripts | xargs -r shellcheck -x
        ;;
    codespell)
        need codespell
        # The ignored words are parts of invented names and of words put together from pieces.
        codespell --skip='./.git,./build*,*.po,*.pot,*/corpus*,./LICENSE,./tools/omgroot.py' \
            --ignore-words=tests/lint/codespell-words.txt .
        ;;
    introspection) introspection ;;
    translations) translations ;;
    systemd-verify) systemd_verify ;;
    systemd-security) systemd_security ;;
    *)
        echo "lint.sh: unknown linter $linter" >&2
        exit 2
        ;;
esac
