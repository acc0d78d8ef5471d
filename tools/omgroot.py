# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes pacman roots for trying, testing and measuring omgd.

A root is what the real pacman accepts: etc/pacman.conf, sync databases (tar archives of desc
files, repo-add's format) and a local database (a folder with desc and files for each package,
libalpm's be_local.c). Everything is deterministic: the same arguments give the same bytes, save
for the absolute path of the root in pacman.conf.
"""

import ctypes
import ctypes.util
import gzip
import hashlib
import io
import os
import random
import re
import shutil
import tarfile

# 2023-12-15 12:00 UTC: the day on which the invented repositories were "built".
EPOCH = 1702641600

# The order in which repo-add and libalpm write the keys.
SYNC_KEYS = (
    "FILENAME", "NAME", "BASE", "VERSION", "DESC", "GROUPS", "CSIZE", "ISIZE", "MD5SUM",
    "SHA256SUM", "PGPSIG", "URL", "LICENSE", "ARCH", "BUILDDATE", "PACKAGER", "REPLACES",
    "CONFLICTS", "PROVIDES", "DEPENDS", "OPTDEPENDS", "MAKEDEPENDS", "CHECKDEPENDS",
)
LOCAL_KEYS = (
    "NAME", "VERSION", "BASE", "DESC", "URL", "ARCH", "BUILDDATE", "INSTALLDATE", "PACKAGER",
    "SIZE", "REASON", "GROUPS", "LICENSE", "VALIDATION", "INSTALLED_DB", "REPLACES", "DEPENDS",
    "OPTDEPENDS", "CONFLICTS", "PROVIDES", "XDATA",
)
# Keys that pacman reads as lists; a single one is stored as a string.
LIST_KEYS = frozenset((
    "GROUPS", "LICENSE", "REPLACES", "CONFLICTS", "PROVIDES", "DEPENDS", "OPTDEPENDS",
    "MAKEDEPENDS", "CHECKDEPENDS", "VALIDATION", "XDATA",
))


# ---------------------------------------------------------------------------------------------
# zstd through the library that dpkg and pacman bring along, so that no tool has to be installed


class _Buffer(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t), ("pos", ctypes.c_size_t)]


def _zstd():
    lib = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    lib.ZSTD_compressBound.restype = ctypes.c_size_t
    lib.ZSTD_compressBound.argtypes = [ctypes.c_size_t]
    lib.ZSTD_compress.restype = ctypes.c_size_t
    lib.ZSTD_compress.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p,
                                  ctypes.c_size_t, ctypes.c_int]
    lib.ZSTD_isError.argtypes = [ctypes.c_size_t]
    lib.ZSTD_createDStream.restype = ctypes.c_void_p
    lib.ZSTD_freeDStream.argtypes = [ctypes.c_void_p]
    lib.ZSTD_decompressStream.restype = ctypes.c_size_t
    lib.ZSTD_decompressStream.argtypes = [ctypes.c_void_p, ctypes.POINTER(_Buffer),
                                          ctypes.POINTER(_Buffer)]
    return lib


def zstd_compress(data, level=3):
    lib = _zstd()
    bound = lib.ZSTD_compressBound(len(data))
    out = ctypes.create_string_buffer(bound)
    size = lib.ZSTD_compress(out, bound, data, len(data), level)
    if lib.ZSTD_isError(size):
        raise ValueError("zstd: compression failed")
    return out.raw[:size]


def zstd_decompress(data):
    lib = _zstd()
    stream = lib.ZSTD_createDStream()
    source = ctypes.create_string_buffer(data, len(data))
    chunk = ctypes.create_string_buffer(1 << 20)
    given = _Buffer(ctypes.cast(source, ctypes.c_void_p), len(data), 0)
    parts = []
    try:
        while True:
            taken = _Buffer(ctypes.cast(chunk, ctypes.c_void_p), len(chunk), 0)
            left = lib.ZSTD_decompressStream(stream, ctypes.byref(taken), ctypes.byref(given))
            if lib.ZSTD_isError(left):
                raise ValueError("zstd: damaged data")
            parts.append(chunk.raw[:taken.pos])
            if given.pos >= given.size and taken.pos < taken.size:
                return b"".join(parts)
    finally:
        lib.ZSTD_freeDStream(stream)


# ---------------------------------------------------------------------------------------------
# One package and its forms


def to_bytes(text):
    """Text of a database; surrogate escapes carry bytes that are no UTF-8."""
    return text.encode("utf-8", "surrogateescape")


class Package:
    """The values of a package by database key: a string, or a list of strings for LIST_KEYS.

    extra holds whole "%KEY%\\nvalue\\n\\n" blocks that go into the desc file as they are.
    """

    __slots__ = ("values", "reason", "script", "backup", "files", "extra")

    def __init__(self, name, version, **values):
        self.values = {"NAME": name, "VERSION": version}
        self.values.update(values)
        self.reason = 0
        self.script = False
        self.backup = []
        self.files = None
        self.extra = ""

    name = property(lambda self: self.values["NAME"])
    version = property(lambda self: self.values["VERSION"])

    def copy(self, **values):
        other = Package(self.name, self.version)
        other.values = dict(self.values)
        other.values.update(values)
        other.script, other.backup, other.files = self.script, list(self.backup), self.files
        return other

    def text(self, keys, **more):
        parts = []
        for key in keys:
            value = more.get(key, self.values.get(key))
            if value is None:
                continue
            if key in LIST_KEYS and not isinstance(value, str):
                if not value:
                    continue
                value = "\n".join(value)
            parts.append("%%%s%%\n%s\n\n" % (key, value))
        return to_bytes("".join(parts))

    def sync_desc(self):
        return self.text(SYNC_KEYS) + to_bytes(self.extra)

    def local_desc(self):
        return self.text(LOCAL_KEYS, SIZE=self.values.get("ISIZE"),
                         REASON="1" if self.reason else None)

    def file_list(self, extra=0):
        """The paths of the package, as pacman lists them: sorted by bytes, folders end in '/'."""
        paths = invent_paths(self.name, extra) if self.files is None else self.files
        whole = set(paths)
        for path in list(paths) + self.backup:
            whole.add(path)
            at = path.rstrip("/").rfind("/")
            while at > 0 and path[:at + 1] not in whole:
                whole.add(path[:at + 1])
                at = path.rfind("/", 0, at)
        return sorted(whole, key=to_bytes)

    def local_files(self, extra=0):
        text = "".join(f + "\n" for f in self.file_list(extra))
        text = "%FILES%\n" + text + "\n" if text else ""
        if self.backup:
            text += "%BACKUP%\n" + "".join(
                "%s\t%s\n" % (f, digest("md5", f)) for f in self.backup) + "\n"
        return to_bytes(text)

    def sync_files(self, extra=0):
        return to_bytes("%FILES%\n" + "".join(f + "\n" for f in self.file_list(extra)) + "\n")

    def fill(self, number=0, arch="x86_64", packager=None):
        """Gives what every built package has: sizes, sums, dates, packager, licence."""
        v = self.values
        full = "%s-%s-%s" % (v["NAME"], v["VERSION"], arch)
        v.setdefault("FILENAME", full.replace(":", "-") + ".pkg.tar.zst")
        v.setdefault("BASE", v["NAME"])
        v.setdefault("CSIZE", str(4096 + (number * 7919 + len(full) * 104729) % 48000000))
        v.setdefault("ISIZE", str(int(v["CSIZE"]) * 3 + number * 13))
        v.setdefault("MD5SUM", digest("md5", full))
        v.setdefault("SHA256SUM", digest("sha256", full))
        v.setdefault("URL", "https://example.org/%s" % v["NAME"])
        v.setdefault("LICENSE", ["GPL-3.0-or-later"])
        v.setdefault("ARCH", arch)
        v.setdefault("BUILDDATE", str(EPOCH - 86400 * (number % 400) - number))
        v.setdefault("PACKAGER", packager or "Ada Example <ada@example.org>")
        return self


def digest(kind, text):
    return hashlib.new(kind, to_bytes(text)).hexdigest()


# Where packages put what: the part of the name decides, as in life.
SITE = "usr/lib/python3.11/site-packages/"
MODULES = ("__init__", "core", "utils", "errors", "version", "cli", "config", "types")
DATA = ("index.html", "README.md", "style.css", "data.json", "icon.svg", "messages.mo", "LICENSE",
        "map.bin", "theme.conf", "help.txt")


def invent_paths(name, extra=0):
    """Some paths for a package of that name, extra more of them in its data folders; the folders
    that hold them are left out."""
    rng = random.Random(name)
    short = re.sub(r"^(lib|python-|perl-|ruby-|ttf-)", "", name)
    paths = ["usr/share/licenses/%s/LICENSE" % name]
    if name.startswith("python-"):
        folder = SITE + short.replace("-", "_") + "/"
        for module in MODULES[:rng.randrange(2, 9)]:
            paths.append(folder + module + ".py")
            paths.append("%s__pycache__/%s.cpython-311.pyc" % (folder, module))
        paths.append("%s%s-1.0.dist-info/METADATA" % (SITE, short))
    elif name.startswith("lib"):
        paths += ["usr/lib/%s.so" % name, "usr/lib/%s.so.1" % name, "usr/lib/%s.so.1.2.3" % name,
                  "usr/lib/pkgconfig/%s.pc" % short, "usr/include/%s.h" % short]
        paths += ["usr/include/%s/%s.h" % (short, m) for m in MODULES[:rng.randrange(8)]]
    elif name.startswith(("ttf-", "otf-")):
        paths += ["usr/share/fonts/TTF/%s-%s.ttf" % (short, w) for w in ("Regular", "Bold")]
    elif name == "filesystem":
        # The links of a merged /usr: a package owns them as files, not as folders.
        return ["bin", "boot/", "dev/", "etc/", "etc/hosts", "etc/os-release", "home/", "lib",
                "lib64", "opt/", "proc/", "root/", "run/", "sbin", "sys/", "tmp/", "usr/bin/",
                "usr/include/", "usr/lib/", "usr/lib64", "usr/sbin", "usr/share/", "var/cache/"]
    else:
        paths += ["usr/bin/" + short, "usr/share/man/man1/%s.1.gz" % short,
                  "usr/share/bash-completion/completions/" + short]
    paths += ["usr/share/doc/%s/%s" % (name, f) for f in DATA[:rng.randrange(4)]]
    paths += ["usr/share/locale/%s/LC_MESSAGES/%s.mo" % (tongue, short)
              for tongue in ("de", "el", "fr", "ja", "pt_BR")[:rng.randrange(6)]]
    for number in range(extra):
        paths.append("usr/share/%s/%s/part%d/%s-%s" % (
            name, MODULES[number // 40 % 8], number // 320, number % 40, DATA[number % 10]))
    return paths


# ---------------------------------------------------------------------------------------------
# Archives


def tar_member(name, data=None, mode=0o644, mtime=EPOCH):
    """A ustar member, headers and padding; a folder when data is None. Hand-made because the
    tarfile module needs most of a minute for 115,000 packages."""
    raw = to_bytes(name)
    prefix = b""
    if len(raw) > 100:
        cut = raw.rfind(b"/", 0, 156)
        if cut <= 0 or len(raw) - cut - 1 > 100:
            raise ValueError("%s: name too long for ustar" % name)
        prefix, raw = raw[:cut], raw[cut + 1:]
    size = 0 if data is None else len(data)
    header = b"%s%07o\0%07o\0%07o\0%011o\0%011o\0        %s%s" % (
        raw.ljust(100, b"\0"), 0o755 if data is None else mode, 0, 0, size, mtime,
        b"5" if data is None else b"0", bytes(100))
    header += b"ustar\x0000root".ljust(40, b"\0") + b"root".ljust(32, b"\0") + bytes(16)
    header = (header + prefix).ljust(512, b"\0")
    header = header[:148] + b"%06o\0 " % sum(header) + header[156:]
    if not size:
        return header
    return header + data + bytes(-size % 512)


def compress(data, kind):
    if kind == "gz":
        out = io.BytesIO()
        with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0, compresslevel=6) as f:
            f.write(data)
        return out.getvalue()
    if kind == "zst":
        return zstd_compress(data)
    if kind == "none":
        return data
    raise ValueError("%s: unknown compression" % kind)


def sync_db_bytes(packages, kind="gz"):
    parts = []
    for package in sorted(packages, key=lambda p: to_bytes(p.name)):
        folder = "%s-%s/" % (package.name, package.version)
        parts.append(tar_member(folder))
        parts.append(tar_member(folder + "desc", package.sync_desc()))
    parts.append(bytes(1024))
    return compress(b"".join(parts), kind)


def files_db_bytes(packages, kind="gz"):
    """A .files database: desc and files of each package, as repo-add writes it."""
    parts = []
    for package in sorted(packages, key=lambda p: to_bytes(p.name)):
        folder = "%s-%s/" % (package.name, package.version)
        parts.append(tar_member(folder))
        parts.append(tar_member(folder + "desc", package.sync_desc()))
        parts.append(tar_member(folder + "files", package.sync_files()))
    parts.append(bytes(1024))
    return compress(b"".join(parts), kind)


def write_file(path, data):
    """Writes beside the file and renames, as pacman does with databases."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".part", "wb") as f:
        f.write(data if isinstance(data, bytes) else to_bytes(data))
    os.rename(path + ".part", path)


def build_package(path, package, files=None):
    """Makes an installable package archive (.PKGINFO and files), zstd-compressed."""
    v = package.values
    names = (("pkgname", "NAME"), ("pkgbase", "BASE"), ("pkgver", "VERSION"), ("pkgdesc", "DESC"),
             ("url", "URL"), ("builddate", "BUILDDATE"), ("packager", "PACKAGER"),
             ("size", "ISIZE"), ("arch", "ARCH"), ("license", "LICENSE"), ("group", "GROUPS"),
             ("depend", "DEPENDS"), ("optdepend", "OPTDEPENDS"), ("conflict", "CONFLICTS"),
             ("provides", "PROVIDES"), ("replaces", "REPLACES"))
    lines = []
    for key, source in names:
        value = v.get(source)
        for item in ([value] if isinstance(value, str) else value or []):
            lines.append("%s = %s\n" % (key, item))
    data = [tar_member(".PKGINFO", to_bytes("".join(lines)))]
    made = set()
    for name, text in sorted((files or {"usr/share/doc/%s/README" % v["NAME"]: "x\n"}).items()):
        parts = name.split("/")
        for i in range(1, len(parts)):
            folder = "/".join(parts[:i]) + "/"
            if folder not in made:
                made.add(folder)
                data.append(tar_member(folder))
        data.append(tar_member(name, to_bytes(text)))
    data.append(bytes(1024))
    write_file(path, zstd_compress(b"".join(data)))


# ---------------------------------------------------------------------------------------------
# A whole root


def db_folder(root):
    return os.path.join(root, "var/lib/pacman")


def local_folder(root, package):
    return os.path.join(db_folder(root), "local", "%s-%s" % (package.name, package.version))


def write_local_package(root, package, extra_paths=0):
    folder = local_folder(root, package)
    os.makedirs(folder)
    with open(os.path.join(folder, "desc"), "wb") as f:
        f.write(package.local_desc())
    with open(os.path.join(folder, "files"), "wb") as f:
        f.write(package.local_files(extra_paths))
    if package.script:
        with open(os.path.join(folder, "install"), "w", encoding="utf-8") as f:
            f.write("post_install() {\n    true\n}\n")


def write_local_version(root):
    write_file(os.path.join(db_folder(root), "local/ALPM_DB_VERSION"), "9\n")


def write_sync_db(root, name, packages, kind="gz"):
    write_file(os.path.join(db_folder(root), "sync", name + ".db"), sync_db_bytes(packages, kind))


def write_files_db(root, name, packages, kind="gz"):
    write_file(os.path.join(db_folder(root), "sync", name + ".files"),
               files_db_bytes(packages, kind))


def write_large_files_db(root, name, packages, extra):
    """The same with so many more paths in each package, piece by piece: gigabytes of text."""
    path = os.path.join(db_folder(root), "sync", name + ".files")
    with gzip.GzipFile(path, "wb", compresslevel=3, mtime=0) as f:
        for package in sorted(packages, key=lambda p: to_bytes(p.name)):
            folder = "%s-%s/" % (package.name, package.version)
            f.write(tar_member(folder) + tar_member(folder + "desc", package.sync_desc()) +
                    tar_member(folder + "files", package.sync_files(extra)))
        f.write(bytes(1024))


def write_configuration(root, repositories, options=(), repository_options=None):
    """pacman.conf with absolute paths and its mirrorlist. repositories: names in order."""
    lines = ["# Made by tools/make-root: a pacman root of its own, not the system's.",
             "[options]",
             "RootDir     = %s" % root,
             "DBPath      = %s/" % db_folder(root),
             "CacheDir    = %s/var/cache/pacman/pkg/" % root,
             "LogFile     = %s/var/log/pacman.log" % root,
             "GPGDir      = %s/etc/pacman.d/gnupg/" % root,
             "HookDir     = %s/etc/pacman.d/hooks/" % root,
             "HoldPkg     = pacman glibc",
             "Architecture = x86_64",
             *options,
             "CheckSpace",
             "SigLevel = Never",
             ""]
    for name in repositories:
        lines.append("[%s]" % name)
        lines.extend((repository_options or {}).get(name, ()))
        lines.append("Include = %s/etc/pacman.d/mirrorlist" % root)
        lines.append("")
    write_file(os.path.join(root, "etc/pacman.conf"), "\n".join(lines))
    write_file(os.path.join(root, "etc/pacman.d/mirrorlist"),
               "## Included by pacman.conf. Nothing here is ever asked.\n"
               "Server = file:///nonexistent/$repo/os/$arch\n"
               "#Server = https://mirror.example.org/$repo/os/$arch\n")


def prepare(root):
    """An empty root, in place of an earlier one that make-root made; anything else is kept."""
    root = os.path.abspath(root)
    if os.path.isdir(root) and os.listdir(root):
        conf = os.path.join(root, "etc/pacman.conf")
        try:
            with open(conf, encoding="utf-8") as f:
                ours = f.readline().startswith("# Made by tools/make-root")
        except OSError:
            ours = False
        if not ours:
            raise FileExistsError("%s: not empty and not made by make-root" % root)
        shutil.rmtree(root)
    for folder in ("var/lib/pacman/sync", "var/lib/pacman/local", "var/cache/pacman/pkg",
                   "var/log", "etc/pacman.d/hooks", "etc/pacman.d/gnupg"):
        os.makedirs(os.path.join(root, folder))
    write_local_version(root)
    return root


def write_root(root, repositories, installed, kinds=None, options=(), extra_paths=0):
    """repositories: [(name, [Package])] in pacman.conf's order. extra_paths: so many more in each
    package of the .files databases and of the local one."""
    root = prepare(root)
    write_configuration(root, [name for name, _ in repositories], options)
    for name, packages in repositories:
        write_sync_db(root, name, packages, (kinds or {}).get(name, "gz"))
        if extra_paths:
            write_large_files_db(root, name, packages, extra_paths)
        else:
            write_files_db(root, name, packages, (kinds or {}).get(name, "gz"))
    for package in installed:
        write_local_package(root, package, extra_paths)
    return root


def as_installed(package, number, explicit, version=None, **values):
    """The local form of a repository package."""
    local = package.copy(**values)
    if version:
        local.values["VERSION"] = version
    local.reason = 0 if explicit else 1
    local.values["INSTALLDATE"] = str(EPOCH + 3600 + number * 97)
    local.values.setdefault("VALIDATION", ["pgp"])
    return local


def make_sample(root):
    import omgsample
    repositories, installed = omgsample.build()
    return write_root(root, repositories, installed, omgsample.KINDS, omgsample.OPTIONS)


# ---------------------------------------------------------------------------------------------
# Synthetic systems of any size

REAL_WORDS = """
data tools library support simple fast python manager system file client server network interface
parser module framework text audio video image desktop plugin utility engine format command line
terminal editor viewer player driver kernel security crypto hash web http json xml yaml markdown
database query index search cache queue thread async event stream buffer codec font theme icon
backup sync remote local monitor status panel tray widget window session display color pixel
shader vector matrix math linear graph tree list table sheet calendar mail chat message contact
photo music radio game puzzle chess card board dice rpg engine level map world terrain weather
clock timer alarm note todo task project issue build compile link debug trace profile test mock
check lint style grammar spell dictionary language translate locale unicode utf regex pattern
match diff patch merge version control git commit branch archive compress zip tar extract mount
disk partition volume raid bluetooth wireless wifi ethernet firewall proxy tunnel vpn dns mesh
socket serial usb gpio sensor camera scanner printer keyboard mouse touch gamepad controller
bindings wrapper extension adapter bridge gateway agent daemon service helper utils core common
base extra plus lite mini micro nano meta multi open free gnome kde qt gtk wayland xorg vulkan
opengl cuda machine learning neural tensor model dataset statistics plot chart science physics
chemistry biology genome protein astronomy telescope satellite geo spatial raster tile container
docker image registry cluster cloud storage object bucket deploy config template schema validator
""".split()

PREFIXES = (("python-", 22), ("lib", 8), ("perl-", 9), ("haskell-", 8), ("ruby-", 3), ("go-", 2),
            ("rust-", 2), ("nodejs-", 2), ("texlive-", 1), ("ttf-", 2), ("gnome-", 2), ("k", 2),
            ("xfce4-", 1), ("emacs-", 1), ("vim-", 2), ("php-", 1), ("r-", 2), ("ocaml-", 1),
            ("qt6-", 1), ("", 28))

LICENSES = (["GPL-3.0-or-later"], ["MIT"], ["BSD-3-Clause"], ["Apache-2.0"], ["GPL-2.0-only"],
            ["LGPL-2.1-or-later"], ["MPL-2.0", "GPL-2.0-or-later"], ["custom"])

SENTENCES = ("{a} {b} for {c}", "A {a} {b} {c}", "{a} {b} written in {l}",
             "{l} bindings for {a} {b}", "Library for {a} {b} and {c}",
             "{a}-based {b} {c} with {d} support", "{l} module: {a} {b}",
             "Tools to {a} and {b} {c} {d}", "The {a} {b}", "Simple {a} {b} {c} manager")

TONGUES = ("Python", "Perl", "Haskell", "Ruby", "Go", "Rust", "C", "C++", "Lua", "OCaml")


def vocabulary(rng, size):
    """size words: the real ones first, then pronounceable inventions."""
    starts = ("b br c ch cl d dr f fl g gr h j k kr l m n p ph pl qu r s sh sk st t tr v w x "
              "z").split()
    middles = "a e i o u ai ea io ou y".split()
    ends = "l m n r s t x rd st nk ck ".split(" ")
    seen = dict.fromkeys(REAL_WORDS)
    while len(seen) < size:
        word = "".join(rng.choice(starts) + rng.choice(middles) + rng.choice(ends)
                       for _ in range(rng.choice((1, 2, 2, 2, 3))))
        if len(word) > 2:
            seen.setdefault(word)
    return list(seen)


def synthetic_packages(count, seed):
    """count packages with Zipf-distributed words; each depends on earlier ones only."""
    rng = random.Random(seed)
    words = vocabulary(rng, max(1500, min(20000, count // 3)))
    weights, total = [], 0.0
    for rank in range(len(words)):
        total += 1.0 / (rank + 3) ** 0.9
        weights.append(total)
    pool = rng.choices(words, cum_weights=weights, k=count * 8 + 4096)
    prefixes = rng.choices([p for p, _ in PREFIXES], weights=[w for _, w in PREFIXES], k=count)
    names, packages, at = set(), [], 0
    for number in range(count):
        prefix = prefixes[number]
        name = prefix + (pool[at] if rng.random() < 0.6 else words[rng.randrange(len(words))])
        while name in names or len(name) < 2:
            name += "-" + words[rng.randrange(len(words))] if len(name) < 40 else str(number)
        if rng.random() < 0.12:
            name += rng.choice(("2", "3", "-git", "-bin", "-cli", "-docs", "+", "-gtk4"))
            if name in names:
                name += str(number)
        names.add(name)
        a, b, c, d = pool[at + 1:at + 5]
        at += 5
        desc = rng.choice(SENTENCES).format(a=a, b=b, c=c, d=d, l=rng.choice(TONGUES))
        desc = desc[0].upper() + desc[1:]
        version = "%d.%d.%d-%d" % (rng.randrange(9), rng.randrange(20), rng.randrange(30),
                                   rng.randrange(1, 6))
        if rng.random() < 0.03:
            version = "%d:%s" % (rng.randrange(1, 4), version)
        package = Package(name, version, DESC=desc, LICENSE=LICENSES[rng.randrange(8)])
        if number > 10:
            wanted = {packages[int(number * rng.random() ** 3)].name
                      for _ in range(rng.randrange(0, 7))}
            package.values["DEPENDS"] = sorted(wanted)
            if rng.random() < 0.2:
                other = packages[int(number * rng.random())].name
                package.values["OPTDEPENDS"] = ["%s: %s support" % (other, a)]
            if rng.random() < 0.3:
                wanted = {packages[int(number * rng.random() ** 3)].name for _ in range(3)}
                package.values["MAKEDEPENDS"] = sorted(wanted)
        if prefix == "lib":
            package.values["PROVIDES"] = ["%s.so=%d-64" % (name, rng.randrange(1, 9))]
        packages.append(package.fill(number))
    return packages


def choose_installed(packages, count, seed, closed=0.97):
    """(package, explicit) pairs: chosen at random, with what they depend on; a few of the
    dependencies are left out, as on machines that saw --nodeps."""
    rng = random.Random(seed + 1)
    by_name = {}
    for package in packages:
        by_name.setdefault(package.name, package)
        for provided in package.values.get("PROVIDES", ()):
            by_name.setdefault(re.split("[<>=]", provided)[0], package)
    chosen = {}
    while len(chosen) < min(count, len(by_name)):
        stack = [(packages[int(len(packages) * rng.random() ** 1.5)], True)]
        while stack and len(chosen) < count:
            package, explicit = stack.pop()
            if package.name in chosen:
                continue
            chosen[package.name] = (package, explicit)
            depends = package.values.get("DEPENDS", ())
            for depend in depends if len(depends) <= 60 else ():
                target = by_name.get(re.split("[<>=]", depend)[0])
                if target is not None and rng.random() < closed:
                    stack.append((target, rng.random() < 0.15))
    return list(chosen.values())


def older_version(version, rng):
    """A version that vercmp finds older."""
    match = re.match(r"^((?:\d+:)?)(.*?)(\d+)-(.*)$", version)
    if match and int(match[3]) > 0 and rng.random() < 0.7:
        return "%s%s%d-1" % (match[1], match[2], int(match[3]) - 1)
    return re.sub(r"-[^-]*$", "-0.%d" % rng.randrange(1, 9), version)


def installed_set(packages, count, seed):
    """The local database of a synthetic machine: 6 % outdated, 1 % newer, 1 % foreign, some
    dependencies that nothing needs any more."""
    rng = random.Random(seed + 2)
    installed = []
    names = {p.name for p in packages}
    for number, (package, explicit) in enumerate(choose_installed(packages, count, seed)):
        chance = rng.random()
        version = None
        if chance < 0.06:
            version = older_version(package.version, rng)
        elif chance < 0.07:
            version = re.sub(r"-[^-]*$", ".9-1", package.version)
        if explicit and rng.random() < 0.03:
            explicit = False
        local = as_installed(package, number, explicit, version)
        local.script = rng.random() < 0.1
        if rng.random() < 0.15:
            local.backup = ["etc/%s.conf" % package.name]
        if 0.07 <= chance < 0.08 and package.name + "-local" not in names:
            local.values.update(NAME=package.name + "-local", VALIDATION=["none"])
            local.values.pop("PROVIDES", None)
        installed.append(local)
    return installed


def make_synthetic(root, packages=15000, installed=1500, seed=1, extra_paths=0):
    made = synthetic_packages(packages, seed)
    core = min(270, max(1, packages // 50))
    multilib = core
    # The most wanted packages come first, so they are core, as in life; nothing depends on the
    # last of them but each other.
    repositories = [("core", made[:core]), ("extra", made[core:packages - multilib]),
                    ("multilib", made[packages - multilib:])]
    return write_root(root, repositories, installed_set(made, installed, seed),
                      extra_paths=extra_paths)


# ---------------------------------------------------------------------------------------------
# Systems made of real databases


def read_archive(data):
    """The tar archive in a database file, whatever packs it (gzip, zstd or nothing)."""
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return zstd_decompress(data)
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    return data


def read_sync_db(data):
    """The packages of a sync database file, in its own order."""
    packages = []
    with tarfile.open(fileobj=io.BytesIO(read_archive(data))) as tar:
        for member in tar:
            if member.isfile() and member.name.endswith("/desc"):
                packages.append(parse_desc(tar.extractfile(member).read()))
    return packages


def parse_desc(data):
    values = {}
    key = None
    for line in data.decode("utf-8", "surrogateescape").split("\n"):
        if key is None and len(line) > 2 and line[0] == "%" and line[-1] == "%":
            key = line[1:-1]
            values[key] = [] if key in LIST_KEYS else ""
        elif not line:
            key = None
        elif key in LIST_KEYS:
            values[key].append(line)
        else:
            values[key] = line
    package = Package(values["NAME"], values["VERSION"])
    package.values = values
    return package


def database_files(folder):
    """{repository: path} of the databases in a folder, real repositories' precedence first."""
    found = {}
    for name in sorted(os.listdir(folder)):
        match = re.match(r"^(.+)\.db(\.tar(\.[a-z0-9]+)?)?$", name)
        if match:
            found.setdefault(match[1], os.path.join(folder, name))
    order = {"core": 0, "extra": 1, "community": 2, "multilib": 3}
    return dict(sorted(found.items(), key=lambda item: (order.get(item[0], 9), item[0])))


def make_databases(root, source, installed=800, seed=1):
    files = database_files(source)
    if not files:
        raise FileNotFoundError("%s: no NAME.db files" % source)
    root = prepare(root)
    write_configuration(root, list(files))
    first = {}
    for name, path in files.items():
        with open(path, "rb") as f:
            data = f.read()
        write_file(os.path.join(db_folder(root), "sync", name + ".db"), data)
        for package in read_sync_db(data):
            first.setdefault(package.name, package)
    for package in installed_set(list(first.values()), installed, seed):
        write_local_package(root, package)
    return root
