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

# The units of a folder as they will be installed, but with a program that is there already.
units() {
    local folder=$1 target=$2 unit count=0
    for unit in "$source_root/$folder"/*.service "$build_root/$folder"/*.service; do
        [ -e "$unit" ] || continue
        sed 's#^ExecStart=[^ ]*#ExecStart=/bin/true#' "$unit" >"$target/$(basename "$unit")"
        count=$((count + 1))
    done
    for unit in "$source_root/$folder"/*.socket; do
        [ ! -e "$unit" ] || cp "$unit" "$target"
    done
    [ "$count" -gt 0 ] || skip "no units yet"
}

with_units() {
    need systemd-analyze
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mkdir -m 700 "$work/user" "$work/system" "$work/run"
    units systemd "$work/user"
    units systemd/system "$work/system"
    export XDG_RUNTIME_DIR=$work/run SYSTEMD_LOG_LEVEL=warning
}

# An unknown key is only a line on standard error: any line is a finding.
systemd_verify() {
    local manager findings
    with_units
    for manager in user system; do
        findings=$(systemd-analyze "--$manager" --man=no verify "$work/$manager"/* 2>&1) || {
            echo "$findings"
            exit 1
        }
        if [ -n "$findings" ]; then
            echo "$findings"
            exit 1
        fi
    done
}

# exposure FOLDER TENTHS: the most that its units may have.
exposure() {
    local unit
    for unit in "$work/$1"/*.service; do
        systemd-analyze --no-pager security --offline=true --threshold="$2" "$unit"
    done
}

# What the units reach: it must not get worse. Most of what the user unit misses cannot be had in a
# user manager (see the unit).
systemd_security() {
    with_units
    exposure user 65
    exposure system 24
}

case $linter in
    clang-format) clang_format ;;
    shellcheck)
        need shellcheck
        { shell_scripts && echo packaging/arch/PKGBUILD; } | xargs -r shellcheck -x
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
