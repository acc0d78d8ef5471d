#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing to build omgd and try it ("try"), or to run its tests too ("check").
# Debian and its relatives by apt-get, Arch and its relatives by pacman. Nothing missing: nothing
# is done, and no rights are needed.
set -euo pipefail

usage() {
    echo "usage: tools/install-deps.sh try|check" >&2
    exit 2
}

[ $# -eq 1 ] || usage
case $1 in
    try | check) purpose=$1 ;;
    *) usage ;;
esac

# libalpm's .pc file asks for those of crypto, archive, curl and gpgme, its package does not; the
# helper reads .files databases with libarchive, and another fetches with libcurl.
debian_try=(
    build-essential meson ninja-build pkgconf gettext
    libsystemd-dev libglib2.0-dev libjson-glib-dev libxxhash-dev libseccomp-dev
    libsqlite3-dev libalpm-dev libgpgme-dev libssl-dev libarchive-dev libcurl4-openssl-dev
    ca-certificates
    python3 dbus systemd
)
debian_check=(
    pacman-package-manager python3-dbus python3-gi dbus-broker dbus-user-session
    clang clang-format clang-tidy
    libxml2-utils shellcheck codespell valgrind zstd procps
    openssl
)
arch_try=(
    base-devel meson ninja pkgconf gettext
    systemd glib2 json-glib sqlite xxhash libseccomp pacman gpgme libarchive
    curl ca-certificates
    python dbus
)
arch_check=(
    python-dbus python-gobject dbus-broker
    clang compiler-rt
    libxml2 shellcheck codespell valgrind zstd procps-ng
    openssl
)

# Runs a command as root, or says what to run by hand.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        {
            echo "install-deps: something is missing, and this is neither root nor is there sudo."
            echo "Run as root, then start again:"
            echo "    $*"
        } >&2
        exit 1
    fi
}

debian_has() {
    # shellcheck disable=SC2016 # the braces are dpkg-query's
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# The sanitizers' runtime of clang has the release's version in its name.
debian_clang_runtime() {
    local VERSION_ID=
    # shellcheck source=/dev/null
    . /etc/os-release
    case ${VERSION_ID} in
        12) echo libclang-rt-14-dev ;;
        13) echo libclang-rt-19-dev ;;
    esac
}

install_debian() {
    local wanted=("${debian_try[@]}") missing=() package runtime
    if [ "$purpose" = check ]; then
        wanted+=("${debian_check[@]}")
        runtime=$(debian_clang_runtime)
        [ -z "$runtime" ] || wanted+=("$runtime")
    fi
    for package in "${wanted[@]}"; do
        # One flavour of libcurl drives out the others, and any will do.
        if [ "$package" = libcurl4-openssl-dev ] &&
            { debian_has libcurl4-gnutls-dev || debian_has libcurl4-nss-dev; }; then
            continue
        fi
        debian_has "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "Installing: ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qy --no-install-recommends install \
        "${missing[@]}"
}

install_arch() {
    local wanted=("${arch_try[@]}") missing=() refresh=-S
    [ "$purpose" = try ] || wanted+=("${arch_check[@]}")
    # pacman -T prints what is not installed, also when something else provides it.
    mapfile -t missing < <(pacman -T "${wanted[@]}" || true)
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "Installing: ${missing[*]}"
    # Databases are downloaded only where there are none, as in fresh containers: newer ones
    # without an upgrade of the system would be a partial upgrade.
    compgen -G '/var/lib/pacman/sync/*.db' >/dev/null || refresh=-Sy
    as_root pacman "$refresh" --needed --noconfirm "${missing[@]}"
}

if [ -e /etc/arch-release ]; then
    install_arch
elif command -v apt-get >/dev/null; then
    install_debian
elif command -v pacman >/dev/null; then
    install_arch
else
    {
        echo "install-deps: neither apt-get nor pacman is here. Needed, by Debian's names:"
        echo "    ${debian_try[*]}"
        [ "$purpose" = try ] || echo "    ${debian_check[*]}"
    } >&2
    exit 1
fi
