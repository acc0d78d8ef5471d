#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AUR's archive packages-meta-ext-v1.json.gz, made up: as many records as wanted, with names,
texts and numbers that are spread as the AUR's are. The same count gives the same bytes.

usage: omgaur.py COUNT FILE [--plain]"""

import gzip
import json
import random
import sys

NOW = 1700000000
STEMS = """ack aider alacritty android ansible archi asus audio aurora auto awesome azure backup
battle bear bitwarden blender blue bluetooth book boost brave bright browser build
cadence calc calendar cargo catppuccin chat chess chrome clang clash clean cli clip
cloud code color commander compiler conda config console cosmic crypto cuda cursor
daemon dark dash data davinci debug deck deep desktop device dict discord disk display
docker dot download dragon draw driver drop duck dwarf dynamic easy edge editor eko
electron element elixir emacs emulator engine erlang eth event exif explorer face fast
feather file finder firefox firmware flash flat flow font forge fork fortune frame
free fuse fusion fzf game gem gen ghost git gitlab glow gnome go google gpu grafana
graph green grid gtk hack hash haskell heart hex home host hot hyprland icon image
info ink input intel iot jar java jet jitsi joy json jupyter kakoune kernel key kit
kube lamp lang latex launcher layout lazy led lens light linux lite live llama load
lock log loop lua lumen luna mail maker map mark master math matrix media memo mesh
meta micro mind mini mirror mobile moby mod monitor mono moon mouse mozilla mpd mpv
mumble music nano native nebula neo nest net next nginx night nix node note nova
nvidia obsidian ocean ocr octo office opal open orca osu otter outline pacman page
palette panel paper parse pass patch path pdf peek perl phone photo php pico pidgin
pilot pipe pixel plasma player plug pod poly port power print prism prompt proto proxy
pulse pure pwn python qemu qt quantum quick radio rain ranger rapid raspberry ray
razer react reader redis remote repo retro ring river robot rocket room root rover
ruby runner rust sage sail samba scan scope screen script search secret sense serial
server shell shot signal simple sky slack smart snap sound space spark spider splash
spot spring sql stack star steam stream studio sub sun super surf swift switch sync
system tab table tag task tcl team term test text theme thunder tide tile time tiny
tools top torch trace track trans tree tunnel turbo tv twig type ubuntu ultra uni
update usb vault vector video view vim virtual vision vivid vlc voice vpn vulkan
wallpaper watch wave wayland web wheel wifi wild window wine wire word work world xfce
xray yaml yellow zed zen zero zig zoom zsh""".split()
PREFIXES = ("python-", "ruby-", "perl-", "lib32-", "mingw-w64-", "r-", "ttf-", "nodejs-",
            "haskell-", "vim-", "gnome-shell-extension-", "firefox-extension-", "php-", "lib",
            "emacs-", "otf-")
TYPES = (("", 50), ("-git", 27), ("-bin", 14), ("-svn", 1), ("-hg", 1), ("-appimage", 2),
         ("-dkms", 1), ("-electron", 1), ("-beta", 1), ("-nightly-bin", 1), ("-docs", 1))
WORDS = """a the for and with of to in on from that is your using based written simple fast
modern lightweight tool library application client server command line interface
manager editor viewer player generator plugin module bindings wrapper support files
package version development official binary release open source free cross-platform
graphical terminal desktop network system Linux Python Rust C++ Go GTK Qt JavaScript
data image audio video text game engine theme icons font driver kernel utility
framework API web browser extension language compiler parser format protocol database
cloud sync secure encrypted password remote local file monitor control""".split()
DEPENDS = """glibc gcc-libs python gtk3 gtk4 qt5-base qt6-base zlib openssl curl libx11 libnotify
nss alsa-lib electron nodejs java-runtime sdl2 mesa vulkan-icd-loader dbus systemd
glib2 cairo pango libxcb ffmpeg boost-libs sqlite libpulse hicolor-icon-theme
python-requests python-numpy python-yaml python-setuptools bash perl ruby r""".split()
MAKE = "git cmake meson ninja go rust cargo npm python-build python-installer python-wheel".split()
SYLLABLES = """an ar ba be bo ca ce co da de di do el en er fa fi fo ga gi go ha he hu ia in is
ja jo ka ke ki ko la le li lo lu ma me mi mo na ne ni no nu o on or os pa pe pi po
qua ra re ri ro ru sa se si so sta sy ta te ti to tri tu u un va ve vi vo wa we x
xa y za ze zo""".split()
LICENSES = (("GPL-3.0-or-later", 3), ("MIT", 4), ("Apache-2.0", 2), ("GPL", 2), ("custom", 2),
            ("BSD-3-Clause", 1), ("LGPL-2.1-or-later", 1))


def weighted(rng, pairs):
    return rng.choices([value for value, _ in pairs], [weight for _, weight in pairs])[0]


def make_word(rng):
    """A word of a language, or one that only its project has."""
    if rng.random() < 0.65:
        return rng.choice(STEMS)
    return "".join(rng.choices(SYLLABLES, k=rng.choice((2, 3, 3, 4))))


def make_name(rng, used):
    while True:
        name = rng.choice(PREFIXES) if rng.random() < 0.28 else ""
        name += "-".join(make_word(rng) for _ in range(rng.choice((1, 1, 1, 2, 2, 3))))
        if rng.random() < 0.12:
            name += str(rng.randrange(1, 60))
        name += weighted(rng, TYPES)
        if name not in used:
            used.add(name)
            return name


def make_version(rng, name):
    epoch = "%d:" % rng.randrange(1, 4) if rng.random() < 0.03 else ""
    if name.endswith(("-git", "-svn", "-hg")):
        number = "%d.%d.r%d.g%07x" % (rng.randrange(6), rng.randrange(30), rng.randrange(3000),
                                      rng.getrandbits(28))
    else:
        number = ".".join(str(rng.randrange(40)) for _ in range(rng.choice((2, 3, 3, 3, 4))))
    return "%s%s-%d" % (epoch, number, rng.choice((1, 1, 1, 2, 3, 7)))


def make_description(rng, name):
    if rng.random() < 0.01:
        return None
    words = rng.choices(WORDS, k=rng.randrange(3, 10))
    words.insert(rng.randrange(len(words)), name.split("-")[-1])
    if rng.random() < 0.2:
        words.insert(rng.randrange(len(words)), make_word(rng).capitalize())
    text = " ".join(words)
    if rng.random() < 0.02:
        text += rng.choice((" – für Übermütige", ' called "%s"' % name, " 日本語入力", " \\o/ 🎉"))
    return text[0].upper() + text[1:]


def add_lists(rng, name, record):
    base = name.rsplit("-", 1)[0] if name.endswith(("-git", "-bin", "-svn", "-hg")) else None
    record["Depends"] = rng.sample(DEPENDS, rng.choice((0, 0, 1, 1, 1, 2, 3, 7)))
    if record["Depends"] and rng.random() < 0.15:
        record["Depends"][0] += ">=%d.%d" % (rng.randrange(9), rng.randrange(30))
    record["MakeDepends"] = rng.sample(MAKE, rng.choice((0, 0, 0, 1, 2)))
    if rng.random() < 0.08:
        record["OptDepends"] = ["%s: %s support" % (depend, rng.choice(WORDS))
                                for depend in rng.sample(DEPENDS, rng.choice((1, 2, 4)))]
    if rng.random() < 0.04:
        record["CheckDepends"] = ["python-pytest"]
    if base:
        record["Provides"] = [base if rng.random() < 0.7 else base + "=1.0"]
        record["Conflicts"] = [base]
    if rng.random() < 0.01:
        record["Replaces"] = [name + "-old"]
    if rng.random() < 0.015:
        record["Groups"] = [rng.choice(("pro-audio", "gnome-extra", "fonts-extra"))]
    record["License"] = [weighted(rng, LICENSES)]
    if rng.random() < 0.25:
        record["Keywords"] = rng.sample(STEMS, rng.choice((1, 2, 3, 5)))
    for key in ("Depends", "MakeDepends"):
        if not record[key]:
            del record[key]


def make_record(rng, number, used, users):
    name = make_name(rng, used)
    submitted = rng.randrange(1100000000, NOW)
    votes = min(int(rng.paretovariate(0.62)) - 1, 3000)
    orphan = rng.random() < 0.13
    # A power law: a few dozen packages are used by many, most by nobody.
    popularity = round(votes * rng.random() ** 6 / 40, 6) if votes else 0
    record = {
        "ID": 1000000 + number, "Name": name, "PackageBaseID": 200000 + number,
        "PackageBase": name if rng.random() < 0.9 else name.rsplit("-", 1)[0] or name,
        "Version": make_version(rng, name), "Description": make_description(rng, name),
        "URL": "https://%s.com/%s/%s" % (rng.choice(("github", "github", "gitlab", "example")),
                                         rng.choice(users), name.replace("-git", "")),
        "NumVotes": votes, "Popularity": popularity,
        "OutOfDate": rng.randrange(submitted, NOW) if rng.random() < 0.09 else None,
        "Maintainer": None if orphan else rng.choice(users),
        "Submitter": rng.choice(users),
        "FirstSubmitted": submitted, "LastModified": rng.randrange(submitted, NOW),
        "URLPath": "/cgit/aur.git/snapshot/%s.tar.gz" % name,
    }
    add_lists(rng, name, record)
    if not orphan and rng.random() < 0.06:
        record["CoMaintainers"] = rng.sample(users, rng.choice((1, 1, 2, 4)))
    return record


def make_records(count):
    """@count records, one after the other."""
    rng = random.Random(count)
    used = set()
    users = ["%s%d" % (rng.choice(STEMS), i) for i in range(max(10, count // 8))]
    for number in range(count):
        yield make_record(rng, number, used, users)


def format_archive(records):
    """As aurweb's mkpkglists writes it: a record a line."""
    lines = ",\n".join(json.dumps(record, separators=(",", ":")) for record in records)
    return ("[\n%s\n]\n" % lines).encode()


def write_archive(path, records, plain=False):
    data = format_archive(records)
    with open(path, "wb") as file:
        file.write(data if plain else gzip.compress(data, 6, mtime=NOW))


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--plain"]
    if len(arguments) != 2 or not arguments[0].isdigit():
        sys.exit(__doc__)
    write_archive(arguments[1], make_records(int(arguments[0])), "--plain" in sys.argv)


if __name__ == "__main__":
    main()
