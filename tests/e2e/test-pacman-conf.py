#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks pacman's own pacman-conf and omgd's reader about the same generated configurations.

usage: test-pacman-conf.py DUMP_CONF [N [SEED]]

Compared: whether the file is refused, every directive's values in order, and the lines that are
warned about. Exit 77 (skip) where there is no pacman-conf.
"""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

PATHS = {'RootDir', 'DBPath', 'CacheDir', 'HookDir', 'GPGDir'}
WORDS = ['Never', 'Optional', 'Required', 'TrustedOnly', 'TrustAll']
NAMES = ['core', 'extra', 'multilib', 'custom-1', 'my repo', 'x86_64', 'a.b']


class Generator:
    def __init__(self, rng, directory, mischief):
        self.rng = rng
        self.directory = directory
        self.mischief = mischief  # chance of something odd at each line
        self.names = list(NAMES)
        rng.shuffle(self.names)
        self.count = 0

    def odd(self):
        return self.rng.random() < self.mischief

    def write(self, lines):
        self.count += 1
        path = os.path.join(self.directory, f'part-{self.count:02}.conf')
        end = self.rng.choice(['\n', '\n', '\n', '\r\n'])
        text = end.join(lines)
        if self.rng.random() < 0.8:
            text += end
        with open(path, 'w', encoding='utf-8', newline='') as file:
            file.write(text)
        return path

    def siglevel(self):
        words = [self.rng.choice(['', 'Package', 'Database']) + self.rng.choice(WORDS)
                 for _ in range(self.rng.randint(0, 3))]
        if self.odd():
            words.append(self.rng.choice(['never', 'PackageDatabaseNever', 'Package', 'Foo']))
        return self.rng.choice([' ', '  ']).join(words)

    def packages(self):
        words = ['linux', 'lib*', 'a\tb', '#c', 'ü', 'x=y', "quo'te", '$arch']
        return ' '.join(self.rng.sample(words, self.rng.randint(0, 4)))

    def option(self):
        rng = self.rng
        choices = [
            lambda: 'IgnorePkg = ' + self.packages(),
            lambda: 'IgnoreGroup=' + self.packages(),
            lambda: 'HoldPkg   =   ' + self.packages(),
            lambda: 'NoUpgrade = ' + self.packages(),
            lambda: 'CacheDir = /c /d/',
            lambda: 'HookDir = /hooks/',
            lambda: 'GPGDir = /gpg',
            lambda: 'LogFile = ' + rng.choice(['/l.log', '/x//y.log']),
            lambda: 'RootDir = ' + rng.choice(['/mnt', '/mnt/', '/a//b/']),
            lambda: 'DBPath = ' + rng.choice(['/db', '/db/', '/var//lib']),
            lambda: 'Architecture = ' + rng.choice(['auto', 'i686', 'x86_64_v3 auto', '']),
            lambda: 'SigLevel = ' + self.siglevel(),
            lambda: 'LocalFileSigLevel = ' + self.siglevel(),
            lambda: 'RemoteFileSigLevel = ' + self.siglevel(),
            lambda: rng.choice(['Color', 'UseSyslog', 'CheckSpace', 'ILoveCandy', 'NoProgressBar',
                                'VerbosePkgLists', 'DisableDownloadTimeout']),
            lambda: 'ParallelDownloads = 4',
            lambda: 'CleanMethod = KeepCurrent KeepInstalled',
            lambda: "XferCommand = /usr/bin/curl -o '%o' %u",
        ]
        return rng.choice(choices)()

    def directive(self):
        rng = self.rng
        choices = [
            lambda: 'Server = ' + rng.choice(['http://m/$repo/os/$arch', 'file:///x', '$repo$repo',
                                              'https://e.org/?a=b#c']),
            lambda: 'SigLevel = ' + self.siglevel(),
            lambda: 'Usage = ' + ' '.join(rng.sample(
                ['Sync', 'Search', 'Install', 'Upgrade', 'All'], rng.randint(0, 3))),
        ]
        return rng.choice(choices)()

    def strange(self):
        return self.rng.choice([
            'Bogus', 'Bogus = 1', 'Color = yes', 'IgnorePkg', 'Server', 'Usage = Foo', '= x', '=',
            '[open', 'close]', '[core] # c', 'Include', 'Include =', 'Include = /nonexistent/?*',
            'CleanMethod = X', 'ParallelDownloads = 0', 'ParallelDownloads = 2x', 'SigLevel',
            "XferCommand = 'open", 'XferCommand = "a\\"', 'IgnorePkg = ' + 'long ' * 900,
            'Server = ', 'Include = ' + self.directory, '\x0bColor\x0c', 'Usage',
        ])

    def lines(self, make, depth):
        lines = []
        for _ in range(self.rng.randint(0, 5)):
            kind = self.rng.random()
            if self.odd():
                lines.append(self.strange())
            elif kind < 0.1:
                lines.append(self.rng.choice(['', '   ', '# comment', '\t#x = y']))
            elif kind < 0.2 and depth < 3:
                lines.append('Include = ' + self.write(self.lines(make, depth + 1)))
            else:
                lines.append(self.rng.choice(['', '  ', '\t']) + make())
        return lines

    def section(self, depth):
        if self.rng.random() < 0.3 or not self.names:
            return ['[options]'] + self.lines(self.option, depth)
        return [f'[{self.names.pop()}]'] + self.lines(self.directive, depth)

    def main(self):
        lines = ['# generated']
        if self.odd():
            lines.append('Color')
        if self.rng.random() < 0.8:
            lines += ['[options]', 'Architecture = x86_64']
        for _ in range(self.rng.randint(1, 6)):
            section = self.section(1)
            if self.rng.random() < 0.2:
                lines.append('Include = ' + self.write(section))
            else:
                lines += section
        return self.write(lines)


def run(command):
    environment = dict(os.environ, LC_ALL='C.UTF-8')
    result = subprocess.run(command, capture_output=True, env=environment, check=False)
    return (result.returncode, result.stdout.decode('utf-8', 'replace'),
            result.stderr.decode('utf-8', 'replace'))


def normal_path(value, is_dir):
    value = re.sub('/+', '/', value)
    return value if not is_dir or value.endswith('/') else value + '/'


def read_dump(text):
    """section name to {directive: [values]}; values that differ by spelling alone made alike."""
    sections = []
    for line in text.split('\n'):
        if line.startswith('[') and line.endswith(']'):
            sections.append((line[1:-1], {}))
        elif ' = ' in line:
            key, value = line.split(' = ', 1)
            if key in PATHS or key == 'LogFile':
                value = normal_path(value, key in PATHS)
            sections[-1][1].setdefault(key, []).append(value)
    return sections


def compare(theirs, ours):
    """The first difference in what both print, or None."""
    theirs, ours = read_dump(theirs), read_dump(ours)
    if [name for name, _ in theirs] != [name for name, _ in ours]:
        return f'sections {[n for n, _ in theirs]} {[n for n, _ in ours]}'
    base = theirs[0][1]
    for (name, want), (_, have) in zip(theirs, ours):
        keys = ['RootDir', 'DBPath', 'CacheDir', 'HookDir', 'GPGDir', 'LogFile', 'HoldPkg',
                'IgnorePkg', 'IgnoreGroup', 'Architecture', 'SigLevel', 'LocalFileSigLevel',
                'RemoteFileSigLevel', 'Usage', 'Server', 'CacheServer']
        for key in keys:
            expected = want.get(key, [])
            if not expected and 'SigLevel' in key and key in have:
                # pacman-conf leaves out what is the default of [options]; we print it.
                expected = [value for value in base['SigLevel']
                            if key == 'SigLevel' or value.startswith('Package')]
            if expected != have.get(key, []):
                return f'[{name}] {key}: pacman {expected}, omgd {have.get(key, [])}'
    return None


def warned_lines(text, pattern):
    return [(match.group(1), int(match.group(2))) for match in re.finditer(pattern, text, re.M)]


def has_long_line(directory):
    """pacman counts what it cuts off a long line as a line; omgd names the line of the file."""
    for name in os.listdir(directory):
        with open(os.path.join(directory, name), 'rb') as file:
            if any(len(line) >= 4095 for line in file):
                return True
    return False


def check(dump, path, root):
    their_code, their_out, their_err = run(
        ['pacman-conf', '-c', path] + (['-R', root] if root else []))
    our_code, our_out, our_err = run([dump, path] + ([root] if root else []))
    exact = not has_long_line(os.path.dirname(path))
    if our_code not in (0, 1):
        return f'dump-conf ended with {our_code}: {our_err}'
    if (their_code == 0) != (our_code == 0):
        return f'pacman-conf {their_code}: {their_err}\nomgd {our_code}: {our_err}'
    if our_code == 1:
        if not re.match(r'error: .*: ', our_err):
            return f'no place in: {our_err}'
        where = re.search(r'^error: config file (\S+), line (\d+): ', their_err, re.M)
        place = f'error: {where.group(1)}:{where.group(2)}: ' if where else ''
        if exact and not our_err.startswith(place):
            return f'another place: {their_err}\n{our_err}'
        return None
    difference = compare(their_out, our_out)
    if difference:
        return difference
    theirs = warned_lines(their_err, r'^warning: config file (\S+), line (\d+): ')
    ours = warned_lines(our_err, r'^warning: (\S+?):(\d+): directive ')
    if theirs != ours if exact else len(theirs) != len(ours):
        return f'warnings: pacman {theirs}\nomgd {ours}'
    return None


def main():
    dump = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    if not shutil.which('pacman-conf'):
        print('no pacman-conf here')
        return 77
    refused = failed = 0
    for number in range(count):
        rng = random.Random(f'{seed}-{number}')
        with tempfile.TemporaryDirectory() as directory:
            path = Generator(rng, directory, rng.choice([0, 0, 0.05, 0.2])).main()
            reason = check(dump, path, rng.choice([None, None, '/alt//root/', '/alt']))
            refused += run([dump, path])[0] != 0
            if reason:
                failed += 1
                print(f'configuration {seed}-{number}: {reason}')
                for name in sorted(os.listdir(directory)):
                    with open(os.path.join(directory, name), encoding='utf-8') as file:
                        print(f'--- {name}\n{file.read()}')
                if failed == 5:
                    break
    print(f'{count} configurations, {refused} refused by both, {failed} differences')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
