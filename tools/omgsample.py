# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample system of tools/make-root: some hundreds of packages in three repositories.

The names are partly familiar, so that searches look as they do on a desktop; versions, texts and
relations are made up. The plain ones are rows of sample-packages.txt; here stand the families of
similar names, what is in no repository, and the entries that need more than a row.
"""

import os

from omgroot import Package, as_installed

# How the databases are packed: all that libalpm reads must be read.
KINDS = {"core": "gz", "extra": "zst", "aurora": "none"}

OPTIONS = ("IgnorePkg   = linux-zen nvidia*",
           "IgnorePkg   = held-back",
           "IgnoreGroup = pro-audio")

# What is installed from nowhere: name, version, description, depends, explicit.
FOREIGN = (
    ("noter", "1.9-1", "Takes notes, no longer developed", ["gtk3"], True),
    ("oldtool", "1.8-2", "An old tool", ["glibc"], True),
    ("my-scripts", "r42.1f2e3d4-1", "Scripts of this machine",
     ["bash", "my-scripts-data>=40"], True),
    ("my-scripts-data", "41-1", "Data of the scripts of this machine", [], False),
    ("visual-studio-code-bin", "1.85.1-1", "Visual Studio Code (vscode): editor for building and "
     "debugging modern web and cloud applications (official binary version)",
     ["gtk3", "nss"], True),
    ("forgotten-lib", "0.3-1", "A library whose user left long ago", ["glibc"], False),
)

FAMILIES = (
    ("python-%s", "%s for Python", "3.%d.%d-1", ("python",),
     "attrs certifi click colorama cryptography cython dateutil decorator docutils flask httpx "
     "jinja lxml markdown matplotlib mutagen networkx packaging pandas pillow psutil pygments "
     "pynvim pytest pyyaml scipy setuptools six sphinx sympy toml tqdm typing_extensions wheel "
     "yarl zipp build installer pysocks brotli".split()),
    ("perl-%s", "Perl module: %s", "1.%d%d-1", ("perl",),
     "authen-sasl dbi file-which html-parser io-socket-ssl json libwww locale-gettext moo "
     "net-ssleay path-tiny test-simple try-tiny uri xml-parser yaml".split()),
    ("lib%s", "Library for %s handling", "2.%d.%d-2", ("glibc",),
     "ass avif bluray bs2b cddb dav1d dvdnav ebml elf-tools exif fido2 gphoto2 heif ical "
     "jpeg-turbo kate lastfm mad matroska microhttpd mms mtp ogg oil opus pcap png psl qalculate "
     "raw rsvg samplerate secret sndfile soxr ssh2 tiff theora usb uv va vorbis webp wmf xml2 "
     "xslt yaml zip".split()),
    ("haskell-%s", "Haskell package: %s", "0.%d.%d-3", ("gmp",),
     "aeson async attoparsec conduit lens mtl network optparse-applicative parsec quickcheck "
     "random split text-icu vector wai yaml zlib".split()),
    ("k%s", "KDE application: %s", "23.8.%d-%d", ("dbus",),
     "alarm alzium ate backup bruch calc charselect clock color-chooser find geography get hangman "
     "mail mines mousetool newstuff onsole patience ruler sudoku timer tuberling wallet".split()),
    ("gnome-%s", "GNOME desktop: %s", "45.%d-%d", ("glib2",),
     "backgrounds boxes calculator calendar characters clocks contacts control-center disk-utility "
     "font-viewer keyring logs maps menus music photos software sudoku system-monitor terminal "
     "tweaks weather".split()),
    ("ttf-%s", "%s font family", "1.%d%d-1", ("fontconfig",),
     "anonymous-pro bitstream-vera cascadia-code croscore fira-code hack inconsolata "
     "jetbrains-mono lato opensans roboto ubuntu-family".split()),
    ("texlive-%s", "TeX Live: %s", "2023.669%d%d-8", ("perl",),
     "basic bibtexextra fontsextra formatsextra games humanities langeuropean latexextra music "
     "pictures pstricks science".split()),
    ("vim-%s", "Vim plugin: %s", "1.%d.%d-1", ("vim-plugin-runtime",),
     "airline ale fugitive gitgutter nerdtree surround syntastic tagbar ultisnips".split()),
    ("ruby-%s", "Ruby gem: %s", "4.%d.%d-1", ("glibc",),
     "bundler concurrent erb json minitest nokogiri rake rdoc sass thor".split()),
    ("xorg-%s", "X.Org: %s", "1.%d.%d-1", ("fontconfig",),
     "bdftopcf fonts-misc server setxkbmap xauth xdpyinfo xev xhost xinit xkbcomp xrandr xrdb "
     "xset xwininfo".split()),
)

# Members of the families that are installed.
INSTALLED_FAMILY = {
    "python-yaml": "e", "python-pyyaml": "e", "python-pygments": "d", "python-mutagen": "d",
    "python-pynvim": "d", "python-toml": "d", "perl-json": "e", "libyaml": "d", "libpng": "d",
    "libmad": "d", "libxml2": "d", "libva": "d", "libmicrohttpd": "d", "kcalc": "e",
    "gnome-calculator": "e", "gnome-keyring": "e", "ttf-fira-code": "e", "ttf-hack": "e",
    "xorg-xauth": "d", "xorg-server": "e", "texlive-basic": "e", "libwebp": "d", "libtiff": "d",
}

SHORT = {"opt": "OPTDEPENDS", "prov": "PROVIDES", "conf": "CONFLICTS", "repl": "REPLACES",
         "grp": "GROUPS", "lic": "LICENSE", "make": "MAKEDEPENDS", "check": "CHECKDEPENDS"}


def other_keys(package, text):
    """Reads "opt=a;b;prov=c": a part with a known key begins a list, the others continue it."""
    key = None
    for part in filter(None, text.split(";")):
        head, equal, rest = part.partition("=")
        if equal and head in SHORT:
            key = SHORT[head]
            package.values[key] = [rest]
        elif equal and head in ("base", "url"):
            package.values[head.upper()] = rest
            key = None
        elif equal and head == "backup":
            package.backup = [rest]
            key = "backup"
        elif part == "script=1":
            package.script = True
        elif key == "backup":
            package.backup.append(part)
        else:
            package.values[key].append(part)


class Builder:
    def __init__(self):
        self.repositories = {"core": [], "extra": [], "aurora": []}
        self.installed = []

    def add(self, repository, package, installed=""):
        packages = self.repositories[repository]
        number = sum(map(len, self.repositories.values()))
        packager = ("Ada Example <ada@example.org>", "Grete Beispiel <grete@example.org>",
                    "José Ejemplo <jose@example.org>")[number % 3]
        package.fill(number, packager=packager)
        if number % 4:
            package.values["PGPSIG"] = "iHUEABYKAB0WIQ" + "omgdSample%04d" % number + "=="
        if number % 9 == 0:
            del package.values["MD5SUM"]
        packages.append(package)
        if installed:
            words = installed.split()
            version = words[1] if len(words) > 1 else None
            local = as_installed(package, number, words[0] == "e", version)
            # Which versions write which keys: pacman 7 INSTALLED_DB, pacman 6.1 XDATA.
            if number % 3 == 0:
                local.values["INSTALLED_DB"] = repository
                local.values["XDATA"] = ["pkgtype=pkg"]
            if number % 7 == 0:
                local.values["VALIDATION"] = ["sha256", "pgp"]
            self.installed.append(local)
        return package


def table_lines():
    folder = os.path.dirname(os.path.realpath(__file__))
    with open(os.path.join(folder, "sample-packages.txt"), encoding="utf-8") as f:
        return [line.rstrip("\n") for line in f if line.strip() and not line.startswith("#")]


def build():
    """([(repository, packages)], installed packages)."""
    builder = Builder()
    for line in table_lines():
        fields = [field.strip() for field in line.split("|")]
        repository, name, version, desc, depends, others, installed = fields
        package = Package(name, version, DESC=desc)
        if depends:
            package.values["DEPENDS"] = depends.split(";")
        other_keys(package, others)
        builder.add(repository, package, installed)
    add_families(builder)
    add_odd_ones(builder)
    for number, (name, version, desc, depends, explicit) in enumerate(FOREIGN):
        package = Package(name, version, DESC=desc, DEPENDS=depends).fill(number)
        local = as_installed(package, number, explicit, VALIDATION=["none"])
        builder.installed.append(local)
    builder.installed.sort(key=lambda package: package.name)
    return list(builder.repositories.items()), builder.installed


def add_families(builder):
    builder.add("extra", Package("vim-plugin-runtime", "4.0.6-1", DESC="Runtime for Vim plugins",
                                 DEPENDS=["vim-runtime"], ARCH="any"))
    for pattern, desc, version, depends, words in FAMILIES:
        for number, word in enumerate(words):
            package = Package(pattern % word, version % (number % 17, number % 6 + 1),
                              DESC=desc % word.replace("-", " ").capitalize(),
                              DEPENDS=list(depends), LICENSE=[("MIT", "BSD-3-Clause")[number % 2]])
            if pattern.startswith("lib"):
                package.values["PROVIDES"] = ["%s.so=%d-64" % (package.name, number % 5 + 1)]
            builder.add("extra", package, INSTALLED_FAMILY.get(package.name, ""))


def add_odd_ones(builder):
    """Entries that a careless reader or terminal trips over."""
    add = builder.add
    add("aurora", Package("odd-escape", "1-1", DESC="Turns \x1b[31mred\x1b[0m, rings \x07 and "
                          "\x1b]0;titles\x07 your terminal", DEPENDS=["glibc"]), "e")
    add("aurora", Package("odd-bidi", "1-1", DESC="Reads \u202egnorw\u202c, \u2066isolated\u2069 "
                          "and \u200fmarked\u200e"), "d")
    add("aurora", Package("odd-c1", "1-1", DESC="C1 controls \x9b31m and \x85, delete \x7f, "
                          "tab\there"), "e")
    add("aurora", Package("odd-utf8", "1-1", DESC="Grüße, naïve façade, Ελληνικά, русский, 🦊 and "
                          "e\u0301 combined"), "e")
    add("aurora", Package("odd-latin1", "1-1", DESC="A caf\udce9 whose menu is no UTF-8"))
    add("aurora", Package("odd-markup", "1-1",
                          DESC="<b>bold</b> & \"quoted\" 'text' %s %n \\n"), "e")
    add("aurora", Package("odd-long", "1-1",
                          DESC="A very long description: " + "word " * 300 + "end"))
    add("aurora", Package("odd+name_2.5@x", "1-1",
                          DESC="Every character that a name may have"), "e")
    add("aurora", Package("x", "1-1", DESC="A name of one letter"), "e")
    add("aurora", Package("xx", "1-1", DESC="A name of two letters"))
    add("aurora", Package("l" + "o" * 60 + "ng-name", "1-1", DESC="A long name"))
    empty = add("aurora", Package("odd-empty", "1-1"))
    for key in ("URL", "LICENSE", "PACKAGER", "MD5SUM", "SHA256SUM", "PGPSIG", "BASE"):
        empty.values.pop(key, None)
    blank = add("aurora", Package("odd-blank", "1-1", DESC="", URL="", PACKAGER=""), "e")
    blank.values["CSIZE"] = blank.values["ISIZE"] = "0"
    newer = add("aurora", Package("odd-new-key", "1-1", DESC="Its entry has a key of the future"))
    newer.extra = "%FUTURE%\nvalue one\nvalue two\n\n"
    add("aurora", Package("odd-all", "1:2.3_4+r5.g6-7.1", DESC="Has every field",
                          BASE="odd-base", GROUPS=["oddities", "pro-audio"],
                          LICENSE=["GPL-2.0-only OR MIT", "custom: odd licence", "Apache-2.0"],
                          PROVIDES=["odd=2.3", "odd-abi", "libodd.so=2-64"],
                          DEPENDS=["glibc>=2.30", "bash<6", "python>3", "zlib>=1:1.2", "openssl"],
                          OPTDEPENDS=["firefox: to look at: the manual", "emacs",
                                      "python>=3.99: from the future", "sh: a shell: any"],
                          MAKEDEPENDS=["meson", "cmake>=3"], CHECKDEPENDS=["python-pytest"],
                          CONFLICTS=["odd-none<2", "odd-other"], REPLACES=["odd-older<1"],
                          ARCH="any"), "e 1:2.3_4+r5.g6-7")
