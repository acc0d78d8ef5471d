#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""omgctl against a mock of org.omgd1 on a private bus: formats, exit codes, errors, control
characters, paging while the data changes. TAP on standard output; OMGCTL names the program."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = 'org.omgd1'
PATH = '/org/omgd1'
UNKNOWN = 2 ** 32 - 1
EVIL = 'red\x1b[31m \u202egnp.exe\u2066 \x9b1m end\nline'
MANY = 2345  # rows of the long list: three pages

CONFIG = '''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s/bus</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
'''


# The mock: what it answers depends on the query or the name, so that one serves all tests.

def pkg(name, version='1.0-1', repository='extra', description='A thing', installed='', flags=0,
        **extra):
    return (name, version, repository, description, installed, dbus.UInt32(flags),
            dbus.Dictionary(extra, signature='sv'))


def meta(total, generation=1, **more):
    values = {'total': dbus.UInt32(total), 'total-exact': True,
              'generation': dbus.UInt64(generation), 'as-of': dbus.UInt64(1700000000000000),
              'stale': False, 'complete': True,
              'errors': dbus.Array([], signature='(ss)')}
    values.update(more)
    return dbus.Dictionary(values, signature='sv')


class Error(dbus.DBusException):
    def __init__(self, name, message):
        super().__init__(message)
        self._dbus_error_name = name


def own_error(name, message):
    return Error('org.omgd1.Error.' + name, message)


def invalid(message):
    return Error('org.freedesktop.DBus.Error.InvalidArgs', message)


class Job(dbus.service.Object):
    """left_out: keys of the result that Completed has not."""

    def __init__(self, bus, number, outcome, left_out=()):
        self.path = PATH + '/job/%d' % number
        self.outcome = outcome
        self.left_out = left_out
        self.ended = False
        super().__init__(bus, self.path)

    @dbus.service.signal('org.omgd1.Job', signature='issa{sv}')
    def Completed(self, status, error, message, result):
        pass

    @dbus.service.signal('org.freedesktop.DBus.Properties', signature='sa{sv}as')
    def PropertiesChanged(self, interface, changed, invalidated):
        pass

    @dbus.service.method('org.omgd1.Job', out_signature='issa{sv}')
    def GetResult(self):
        if not self.ended:
            raise own_error('Busy', 'The job has not ended')
        return self.outcome

    def run(self):
        for stage in ('checking', 'reading' + EVIL):
            self.PropertiesChanged('org.omgd1.Job', {'Stage': stage}, [])
        GLib.timeout_add(200, self.end)

    def end(self):
        self.ended = True
        *head, result = self.outcome
        said = {k: v for k, v in result.items() if k not in self.left_out}
        self.Completed(*head, dbus.Dictionary(said, signature='sv'))
        return False


def aur_package(name, orphan):
    package = {'name': name, 'version': '1-1', 'repository': 'aur', 'description': 'of ' + EVIL,
               'votes': dbus.UInt64(7), 'popularity': dbus.Double(1.25), 'base': 'base-' + name,
               'makedepends': dbus.Array(['cmake', 'git'], signature='s')}
    if orphan:
        package['out-of-date'] = dbus.UInt64(1700000000)
    else:
        package['maintainer'] = 'somebody'
    return dbus.Dictionary(package, signature='sv')


def search(query, options):
    if query == 'nothing':
        return [], meta(0)
    if query == 'evil':
        return [pkg('evil', description=EVIL, version='1\x1b[2J')], meta(1)
    if query == 'stale-aur':
        errors = dbus.Array([('aur', 'org.omgd1.Error.Network: refused\x1b[0m')],
                            signature='(ss)')
        return [pkg('old')], meta(1, stale=True, errors=errors)
    if query == 'stale':
        errors = dbus.Array([('extra', 'org.omgd1.Error.DatabaseCorrupt: bad \x1b[0m gzip')],
                            signature='(ss)')
        return [pkg('old')], meta(1, stale=True, complete=False, errors=errors)
    if query == 'missing':
        raise own_error('DatabaseMissing', '/db/sync/core.db is not there; run pacman -Sy\x1b[5m')
    if query == 'slow':
        time.sleep(3)
    if query == 'options':
        text = json.dumps({str(k): v for k, v in options.items()}, sort_keys=True, default=str)
        return [pkg('options', description=text)], meta(1)
    if query == 'aur':
        aur = {'votes': dbus.UInt64(2130), 'popularity': 21.456}
        return [pkg('yay', '12-1', 'aur', EVIL, '11-1', 9 + 128, **aur),
                pkg('lost-git', 'r1-1', 'aur', 'Lost', '', 512 + 1024, vcs='git',
                    votes=dbus.UInt64(0), popularity=0.0)], meta(2)
    rows = [pkg('vim', '9.0-1', 'extra', 'Vi Improved', '9.0-1', 3, rank=dbus.UInt32(0)),
            pkg('gvim', '9.0-1', 'extra', 'Vi Improved, with a window', '8.2-1', 17),
            pkg('neovim', '0.8-1', 'community', 'Another vi – ünï 日本')]
    return rows, meta(3 if query != 'more' else 1000, **{'total-exact': query != 'more'})


def details(name):
    def as_(*texts):
        return dbus.Array(texts, signature='s')
    if name in ('vim', 'extra/vim'):
        installed = {'name': 'vim', 'version': '9.0-1', 'description': 'Vi Improved',
                     'depends': as_('glibc', 'gpm'), 'optdepends': as_('python: scripts', 'tcl'),
                     'optdepends-installed': as_('python: scripts'), 'licenses': as_('custom:vim'),
                     'installed-size': dbus.UInt64(1536), 'build-date': dbus.Int64(0),
                     'install-date': dbus.Int64(86400), 'install-reason': 'explicit',
                     'install-script': True, 'required-by': as_(), 'validation': as_('pgp')}
        return {'name': 'vim', 'version': '9.1-1', 'repository': 'extra',
                'download-size': dbus.UInt64(2 ** 63 - 1), 'flags': dbus.UInt32(19),
                'installed': dbus.Dictionary(installed, signature='sv')}
    if name == 'mine-git':
        return {'name': 'mine-git', 'version': '1-1', 'repository': 'aur',
                'installed': dbus.Dictionary({'name': 'mine-git', 'version': '1-1'},
                                             signature='sv')}
    if name == 'gone':
        return {'name': 'gone', 'version': '1-1', 'repository': 'local', 'url': EVIL,
                'installed': dbus.Dictionary({'name': 'gone', 'version': '1-1'}, signature='sv')}
    return None


def aur_details(name):
    def as_(*texts):
        return dbus.Array(texts, signature='s')
    if name in ('yay', 'aur/yay', 'vim'):
        return {'name': name.split('/')[-1], 'version': '12.1-1', 'repository': 'aur',
                'description': EVIL, 'base': 'yay', 'url': 'https://example.org/',
                'licenses': as_('GPL3'), 'depends': as_('git', 'sh'), 'makedepends': as_('go'),
                'maintainer': 'jguer' + EVIL, 'co-maintainers': as_('a', 'b'), 'submitter': 'old',
                'votes': dbus.UInt64(2130), 'popularity': 21.456,
                'first-submitted': dbus.UInt64(86400), 'last-modified': dbus.UInt64(172800),
                'keywords': as_('aur', 'go'), 'flags': dbus.UInt32(0)}
    if name == 'mine-git':
        return {'name': 'mine-git', 'version': '2-1', 'repository': 'aur', 'vcs': 'git',
                'out-of-date': dbus.UInt64(0), 'votes': dbus.UInt64(0), 'popularity': 0.0,
                'last-modified': dbus.UInt64(0), 'installed-version': '1-1', 'upgradable': True,
                'flags': dbus.UInt32(9 + 16 + 128)}
    return None


def vulnerabilities(word, options):
    def row(package, fixed, advisory, severity, state, **extra):
        return (package, '1-1', fixed, advisory, severity, state,
                dbus.Array(['CVE-2022-1'], signature='s'), dbus.Dictionary(extra, signature='sv'))
    rows = {
        'none': [], 'partly': [],
        'scored': [row('a', '', 'AVG-1', 'Medium', 'no-fix', cvss=7.0)],
        'loose': [row('a', '', 'AVG-1', 'High', 'unconfirmed')],
        'evil': [row(EVIL, '', EVIL, 'High', 'no-fix', summary=EVIL, url=EVIL)],
    }.get(word)
    if rows is None:
        rows = [row('openssl', '1.1.1.r-1', 'AVG-2765', 'Critical', 'fix-available',
                    type='multiple issues', url='https://security.archlinux.org/AVG-2765',
                    cvss=9.8, **{'required-by': dbus.Array(['curl'], 's')}),
                row('vim', '', 'AVG-2843', 'Low', 'unconfirmed')]
    if 'ignored' in options.get('states', []):
        rows = rows + [row('zlib', '', 'AVG-1', 'High', 'ignored', reason='known')]
    return rows


class Mock(dbus.service.Object):
    def __init__(self, bus):
        self.generation = 1
        self.changes_left = 0
        self.pages = 0
        self.jobs = 0
        self.aur_options = []
        self.cleared, self.inhibited, self.kept = False, None, []
        self.feed_fails = False
        self.aur_error = ''
        super().__init__(bus, PATH)

    @dbus.service.method('org.omgd1.Packages', 'sa{sv}', 'a(sssssua{sv})a{sv}')
    def Search(self, query, options):
        rows, reply_meta = search(str(query), options)
        return dbus.Array(rows[:int(options['limit'])], signature='(sssssua{sv})'), reply_meta

    @dbus.service.method('org.omgd1.Packages', 'asa{sv}', 'a(sa{sv})asa{sv}')
    def GetDetails(self, names, options):
        if '' in names:
            raise invalid('A package name must not be empty')
        found = [(n, dbus.Dictionary(details(n), signature='sv')) for n in names if details(n)]
        missing = [n for n in names if not details(n)]
        return (dbus.Array(found, signature='(sa{sv})'), dbus.Array(missing, signature='s'),
                meta(len(found)))

    @dbus.service.method('org.omgd1.Packages', 'asa{sv}', 'a(sa{sv})asa{sv}')
    def GetAurDetails(self, names, options):
        if self.aur_error:
            raise Error(self.aur_error, 'why it is not known\x1b[31m')
        found = [(n, dbus.Dictionary(aur_details(n), signature='sv')) for n in names
                 if aur_details(n)]
        missing = [n for n in names if not aur_details(n)]
        return (dbus.Array(found, signature='(sa{sv})'), dbus.Array(missing, signature='s'),
                meta(len(found)))

    @dbus.service.method('org.omgd1.Mock', 's')
    def FailAur(self, error):
        self.aur_error = str(error)

    @dbus.service.method('org.omgd1.Packages', 'a{sv}', 'a(sssssua{sv})a{sv}')
    def ListInstalled(self, options):
        """Changes under the reader before the second page, changes_left times."""
        offset, limit = int(options['offset']), int(options['limit'])
        self.pages += 1
        if offset > 0 and self.changes_left > 0:
            self.changes_left -= 1
            self.generation += 1
        if 'generation' in options and options['generation'] != self.generation:
            raise invalid('The data has changed since that generation')
        rows = [pkg('p%04d' % i, '%d-1' % self.generation)
                for i in range(offset, min(offset + limit, MANY))]
        return (dbus.Array(rows, signature='(sssssua{sv})'),
                meta(1000, self.generation, **{'total-exact': False}))

    @dbus.service.method('org.omgd1.Packages', 'a{sv}', 'a(sssssua{sv})a{sv}')
    def ListOrphans(self, options):
        return dbus.Array([], signature='(sssssua{sv})'), meta(0)

    @dbus.service.method('org.omgd1.Packages', 'a{sv}', 'a(sssssua{sv})a{sv}')
    def ListForeign(self, options):
        rows = [pkg('local-tool', repository='local', flags=9),
                pkg('yay', repository='aur', flags=9 + 128),
                pkg('zz', repository='aur', flags=9)]
        return dbus.Array(rows, signature='(sssssua{sv})'), meta(3)

    @dbus.service.method('org.omgd1.Packages', 'a{sv}', 'a{sv}')
    def ListExplicit(self, options):
        return {}

    @dbus.service.method('org.omgd1.Packages', 'a{sv}', 'a(sssstxua{sv})a{sv}')
    def ListUpdates(self, options):
        def row(name, old, new, flags, extra):
            return (name, old, new, 'extra', dbus.UInt64(100), dbus.Int64(-5), dbus.UInt32(flags),
                    dbus.Dictionary(extra, signature='sv'))
        rows = [row('linux', '6.0-1', '6.1-1', 16, {}), row('vim', '9.0-1', '9.1-1', 2, {}),
                row('new', '1-1', '2-1', 4, {'replaces': dbus.Array(['old', 'older'], 's')})]
        if 'aur' in options.get('sources', []):
            rows = [row('a', '1-1', '2-1', 8, {}), row('b-git', '1-1', '2-1', 8 + 2, {
                'vcs': 'git' + EVIL, 'out-of-date': dbus.UInt64(5), 'maintainer': EVIL})]
        return dbus.Array(rows, signature='(sssstxua{sv})'), meta(3)

    @dbus.service.method('org.omgd1.Packages', 'a{sv}', 'a(su)a{sv}')
    def ListGroups(self, options):
        return dbus.Array([('base\x1b[2J', dbus.UInt32(3))], signature='(su)'), meta(1)

    @dbus.service.method('org.omgd1.Packages', 'a{sv}', 'a(sbta{sv})a{sv}')
    def ListRepositories(self, options):
        extra = dbus.Dictionary({'state': 'absent', 'files': False}, signature='sv')
        rows = [('gone', False, dbus.UInt64(2 ** 64 - 1), extra)]
        return dbus.Array(rows, signature='(sbta{sv})'), meta(1)

    @dbus.service.method('org.omgd1.Packages', 'sa{sv}', 'asa{sv}')
    def GetFiles(self, name, options):
        """Changes under the reader as ListInstalled does."""
        if name == 'none':
            raise own_error('NotFound', 'The local database holds no package "none"')
        if name == 'evil':
            return dbus.Array(['/usr/' + EVIL], signature='s'), meta(1)
        if name == 'options':
            text = ' '.join(sorted(str(key) for key in options))
            return dbus.Array([text, str(options.get('source', ''))], signature='s'), meta(2)
        offset, limit = int(options['offset']), int(options['limit'])
        self.pages += 1
        if offset > 0 and self.changes_left > 0:
            self.changes_left -= 1
            self.generation += 1
        if 'generation' in options and options['generation'] != self.generation:
            raise invalid('The data has changed since that generation')
        paths = ['/%d/f%04d' % (self.generation, i)
                 for i in range(offset, min(offset + limit, MANY))]
        return dbus.Array(paths, signature='s'), meta(MANY, self.generation)

    @dbus.service.method('org.omgd1.Packages', 'asa{sv}', 'a(ss)a{sv}')
    def WhoOwns(self, paths, options):
        rows = [(p, 'of-' + ','.join(options.get('sources', ['local']))) for p in paths
                if 'none' not in p]
        rows += [(p, 'second' + EVIL) for p in paths if p.endswith('/')]
        if any(p == '/stale' for p in paths):
            return dbus.Array(rows, signature='(ss)'), meta(len(rows), complete=False)
        return dbus.Array(rows, signature='(ss)'), meta(len(rows))

    @dbus.service.method('org.omgd1.Audit', 'a{sv}', 'a(ssssssasa{sv})a{sv}')
    def ListVulnerabilities(self, options):
        """What is asked for says what is answered: packages=[WORD]."""
        word = str(options.get('packages', [''])[0])
        if word == 'never':
            raise Error('org.omgd1.Error.Unavailable', 'no advisories were ever fetched')
        rows = vulnerabilities(word, options)
        more = {}
        if word == 'partly':
            errors = dbus.Array([('osv', 'org.omgd1.Error.Unavailable: it was never asked')],
                                signature='(ss)')
            more = {'complete': False, 'stale': True, 'errors': errors, 'as-of': dbus.UInt64(0)}
        return (dbus.Array(rows[int(options['offset']):], signature='(ssssssasa{sv})'),
                meta(len(rows), **more))

    @dbus.service.method('org.omgd1.Status', out_signature='a{sv}')
    def GetSnapshot(self):
        counts = {'TotalPackages': 1200, 'ExplicitPackages': 300, 'OrphanPackages': 0,
                  'ForeignPackages': 4, 'UpdatesAvailable': 2, 'IgnoredUpdates': 1,
                  'AurUpdatesAvailable': UNKNOWN, 'SecurityUpdates': UNKNOWN,
                  'VulnerablePackages': UNKNOWN, 'IndexedPackages': 15070}
        values = {k: dbus.UInt32(v) for k, v in counts.items()}
        values.update({'HighestSeverity': '', 'AsOfUSec': dbus.UInt64(1700000000000000),
                       'State': 'ok', 'aur-state': 'failed', 'aur-as-of': dbus.UInt64(0),
                       'RebootSuggested': True, 'IndexGeneration': dbus.UInt64(3),
                       'errors': dbus.Array([], signature='(ss)')})
        return dbus.Dictionary(values, signature='sv')

    @dbus.service.method('org.omgd1.Manager', out_signature='a{sv}')
    def GetCacheInfo(self):
        replies = {'entries': dbus.UInt32(0 if self.cleared else 3),
                   'bytes': dbus.UInt64(2048), 'hits': dbus.UInt64(7), 'misses': dbus.UInt64(9),
                   'max-entries': dbus.UInt32(1000), 'max-bytes': dbus.UInt64(4 << 20),
                   'ttl': dbus.UInt32(300)}
        index = [('sync.idx', dbus.UInt64(5 << 20), dbus.UInt64(1700000000000000))]
        return dbus.Dictionary({'replies': dbus.Dictionary(replies, signature='sv'),
                                'index': dbus.Array(index, signature='(stt)'),
                                'generation': dbus.UInt64(3)}, signature='sv')

    @dbus.service.method('org.omgd1.Manager', 'asa{sv}')
    def ClearCache(self, what, options):
        self.cleared = not what and not options

    @dbus.service.method('org.omgd1.Manager', 'sss', 'h')
    def Inhibit(self, what, who, why):
        if what == 'nonsense':
            raise Error('org.freedesktop.DBus.Error.InvalidArgs', 'what: nonsense')
        self.inhibited = (str(what), str(who), str(why))
        kept, given = os.pipe()
        self.kept.append(kept)
        descriptor = dbus.types.UnixFd(given)
        os.close(given)
        return descriptor

    @dbus.service.method('org.omgd1.Manager', out_signature='a(asssst)')
    def ListInhibitors(self):
        rows = [(['idle-exit', 'refresh'], EVIL, 'a reason', ':1.1', dbus.UInt64(5))]
        return dbus.Array(rows, signature='(asssst)')

    @dbus.service.method('org.omgd1.Mock', out_signature='s')
    def GetInhibited(self):
        """Of the last Inhibit: its arguments, and whether its descriptor is still open."""
        poller = select.poll()
        poller.register(self.kept[-1], select.POLLHUP)
        return json.dumps([self.inhibited, not poller.poll(0)])

    @dbus.service.method('org.omgd1.Manager', 'asa{sv}', 'o', connection_keyword='bus')
    def Refresh(self, what, options, bus):
        if 'files' in what:
            raise Error('org.freedesktop.DBus.Error.NotSupported', 'files: not in this version')
        result = dbus.Dictionary({'changed': bool(options.get('force', False)),
                                  'generation': dbus.UInt64(2),
                                  'errors': dbus.Array([], signature='(ss)')}, signature='sv')
        outcome = (0, '', '', result)
        if self.feed_fails and 'advisories' in what:
            outcome = (1, 'org.omgd1.Error.Network', 'no answer', {})
        if 'status' in what:
            outcome = (1, 'org.omgd1.Error.DatabaseCorrupt', 'local is damaged', {})
        self.jobs += 1
        job = Job(bus, self.jobs, outcome)
        if 'sync' in what and 'status' in what:
            return job.path  # never ends
        if 'sync' in what:  # ends before Refresh has answered
            job.end()
        else:
            GLib.timeout_add(100, job.run)
        return job.path

    @dbus.service.method('org.omgd1.Packages', 'sasa{sv}', 'o', connection_keyword='bus')
    def QueryAur(self, by, arguments, options, bus):
        """"many": 1,500 packages, of which a result has as many as asked for; "moving": another
        answer for each page; "limited": an error; "nothing"; of names those with an "x"."""
        if by == 'color':
            raise invalid('by: "color" is none of ...')
        self.aur_options.append(dict(options))
        found = {'many': 1500, 'moving': 1500, 'nothing': 0}.get(arguments[0], 2)
        names = [n for n in arguments if 'x' in n] if by == 'info' else \
            ['pkg%d' % i for i in range(found)]
        at, end = int(options['offset']), int(options['offset']) + int(options['limit'])
        packages = dbus.Array([dbus.Struct((n, aur_package(n, i % 2)), signature='sa{sv}')
                               for i, n in list(enumerate(names))[at:end]], signature='(sa{sv})')
        result = {'packages': packages, 'total': dbus.UInt32(len(names)),
                  'missing': dbus.Array([n for n in arguments if by == 'info' and n not in names],
                                        signature='s'),
                  'cached': dbus.Boolean(False), 'as-of': dbus.UInt64(
                      1780000000000000 + (at if arguments[0] == 'moving' else 0))}
        outcome = (0, '', '', dbus.Dictionary(result, signature='sv'))
        if arguments[0] == 'limited':
            outcome = (1, 'org.omgd1.Error.UpstreamRateLimited', 'not before ' + EVIL,
                       dbus.Dictionary({'until': dbus.UInt64(1780000000000000)}, signature='sv'))
        self.jobs += 1
        job = Job(bus, self.jobs, outcome, ('packages',))
        if by == 'name':  # ends before the call is answered
            job.end()
        else:
            GLib.timeout_add(50, job.run)
        return job.path

    @dbus.service.method('org.omgd1.Mock', out_signature='aa{sv}')
    def TakeAurOptions(self):
        taken, self.aur_options = self.aur_options, []
        return dbus.Array(taken, signature='a{sv}')

    @dbus.service.method('org.omgd1.Mock', 'b')
    def FailFeeds(self, fail):
        self.feed_fails = bool(fail)

    @dbus.service.method('org.omgd1.Mock', 'u')
    def ChangeTimes(self, times):
        self.changes_left = int(times)
        self.pages = 0

    @dbus.service.method('org.omgd1.Mock', out_signature='u')
    def GetPages(self):
        return dbus.UInt32(self.pages)

    @dbus.service.method('org.omgd1.Mock')
    def Quit(self):
        GLib.timeout_add(50, os._exit, 0)


def serve():
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.SessionBus()
    mock = Mock(bus)
    name = dbus.service.BusName(NAME, bus)
    print('ready', flush=True)
    GLib.MainLoop().run()
    del mock, name


# The tests.

failures = 0
count = 0
OMGCTL = os.environ.get('OMGCTL', 'omgctl')


def check(good, text, *seen):
    global failures, count
    count += 1
    print('%sok %d - %s' % ('' if good else 'not ', count, text), flush=True)
    if not good:
        failures += 1
        for value in seen:
            for line in str(value).splitlines():
                print('# ' + ascii(line))


def environment(**more):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith('LC_') and k not in ('LANG', 'LANGUAGE', 'NO_COLOR')}
    env.update({'LC_ALL': 'C.UTF-8', 'TZ': 'UTC', 'TERM': 'xterm', **more})
    return env


def run(*arguments, **env):
    done = subprocess.run([OMGCTL, *arguments], capture_output=True, timeout=60,
                          env=environment(**env), stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def run_on_terminal(*arguments, **env):
    """Both outputs on a terminal of its own; gives exit code and what came."""
    child, fd = pty.fork()
    if child == 0:
        os.execve(OMGCTL, [OMGCTL, *arguments], environment(**env))
    seen = b''
    while True:
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data:
            break
        seen += data
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen.decode()


def is_clean(text):
    return not any(ord(c) < 32 and c != '\n' or 127 <= ord(c) < 160 or
                   c in '\u061c\u200e\u200f\u2028\u2029' or '\u202a' <= c <= '\u202e' or
                   '\u2066' <= c <= '\u2069' for c in text)


def test_search():
    code, out, err = run('search', 'vi')
    check(code == 0 and err == '' and out ==
          'extra/vim 9.0-1 [installed]\n    Vi Improved\n'
          'extra/gvim 9.0-1 [installed: 8.2-1]\n    Vi Improved, with a window\n'
          'community/neovim 0.8-1\n    Another vi – ünï 日本\n', 'search: plain', code, out, err)
    code, out, err = run('--json', 'search', 'vi')
    rows = json.loads(out)
    check(code == 0 and set(rows) == {'packages', 'meta'}, 'search: one JSON document', out)
    check(rows['packages'][0] == {
        'name': 'vim', 'version': '9.0-1', 'repository': 'extra', 'description': 'Vi Improved',
        'installed-version': '9.0-1', 'flags': 3, 'flag-names': ['installed', 'explicit'],
        'rank': 0}, 'search: a row in JSON', rows['packages'][0])
    check(rows['packages'][2]['installed-version'] is None and
          rows['meta']['total'] == 3 and rows['meta']['stale'] is False and
          rows['meta']['errors'] == [], 'search: null and META in JSON', rows)
    code, out, err = run('search', 'nothing')
    check((code, out) == (3, ''), 'search: nothing found is 3', code, out, err)
    code, out, err = run('search', '--json', 'nothing')
    check(code == 3 and json.loads(out)['packages'] == [], 'search: nothing, in JSON', out)
    code, out, err = run('search', '--limit', '2', 'vi')
    check(code == 0 and len(out.splitlines()) == 4 and '2 of 3' in err, 'search: --limit says so',
          out, err)
    code, out, err = run('search', '--prefix', '--repo', 'extra', '--repo=core', '-i', '--limit',
                         '7', 'options')
    check(code == 0 and '"installed": 1' in out and '"limit": 7' in out and '"prefix"' in out and
          '["extra", "core"]' in out and '"offset": 0' in out, 'search: options sent', out, err)
    check(run('search', '--', '-x')[0] == 0, 'search: a word that begins with -')


def test_usage():
    for arguments in ((), ('nonsense',), ('--nonsense',), ('search',), ('info',), ('list', 'x'),
                      ('search', '--name', '--prefix', 'x'), ('search', '--limit', '-1', 'x'),
                      ('list', '--orphans', '--foreign'), ('--timeout', '0', 'status'),
                      ('--timeout', '-1', 'status'), ('status', '--timeout', '-1'),
                      ('status', '--timeout', '99999'), ('updates', 'x'), ('status', 'x'),
                      ('--json', 'search', '--limit', 'x', 'y'), ('aur',), ('aur', 'x'),
                      ('aur', 'search'), ('aur', 'info'), ('aur', 'search', '--limit', '-1', 'x'),
                      ('aur', 'info', '--by', 'name', 'x')):
        code, out, err = run(*arguments)
        check(code == 2 and out == '' and 'omgctl' in err and is_clean(err),
              'usage error: ' + ' '.join(arguments), code, out, err)
    for arguments in (('--help',), ('search', '--help'), ('info', '--help'), ('list', '--help'),
                      ('updates', '--help'), ('status', '--help'), ('refresh', '--help')):
        code, out, err = run(*arguments)
        check(code == 0 and 'omgctl' in out and '--json' in out and err == '',
              ' '.join(arguments), out, err)
    code, out, err = run('--version')
    check(code == 0 and out.startswith('omgctl ') and out.count('\n') == 1, '--version', out)
    code, out, err = run(b'search', b'\xff\xfe'.decode('utf-8', 'surrogateescape'))
    check(code == 2 and out == '', 'an argument that is not UTF-8', code, err)


def test_info():
    code, out, err = run('info', 'vim')
    lines = out.splitlines()
    check(code == 0 and 'Name           : vim' in lines, 'info: fields', out)
    fields = dict(line.split(' : ', 1) for line in lines if ' : ' in line)
    fields = {k.strip(): v for k, v in fields.items()}
    check(len({line.index(' : ') for line in lines if ' : ' in line}) == 1, 'info: aligned', out)
    check(fields['Repository'] == 'extra' and fields['Version'] == '9.0-1' and
          fields['Available'] == '9.1-1' and fields['Depends On'] == 'glibc  gpm' and
          fields['Optional Deps'] == 'python: scripts [installed]' and
          fields['Installed Size'] == '1.50 KiB' and fields['Required By'] == 'None' and
          fields['Install Reason'] == 'Explicitly installed' and
          fields['Install Script'] == 'Yes' and fields['Validated By'] == 'Signature' and
          '1970' in fields['Build Date'], 'info: values', fields)
    code, out, err = run('info', '--available', 'vim')
    check(code == 0 and 'Version        : 9.1-1' in out and 'Install Reason' not in out and
          'Build Date     : Unknown' in out, 'info: --available', out)
    check(run('info', '--available', 'gone')[0] == 3, 'info: --available of a foreign package')
    code, out, err = run('info', 'gone', 'absent\x1b[31m', 'vim')
    check(code == 3 and 'Name           : vim' in out and 'absent' in err and is_clean(err),
          'info: one missing is 3, the others are shown', code, out, err)
    code, out, err = run('--json', 'info', 'vim', 'absent')
    data = json.loads(out)
    check(code == 3 and data['missing'] == ['absent'] and data['details'][0]['asked'] == 'vim' and
          data['details'][0]['installed']['installed-size'] == 1536 and
          data['details'][0]['download-size'] == 2 ** 63 - 1, 'info: JSON', out)
    code, out, err = run('info', '')
    check(code == 1 and 'InvalidArgs: A package name' in err, 'info: empty name', code, err)


def test_lists():
    code, out, err = run('updates')
    check((code, out) == (0, 'linux 6.0-1 -> 6.1-1\nvim 9.0-1 -> 9.1-1 [ignored]\n'
                          'new 1-1 -> 2-1 [replaces old, older]\n'), 'updates: plain', out, err)
    update = json.loads(run('updates', '--json')[1])['updates'][2]
    check(update == {'name': 'new', 'installed-version': '1-1', 'new-version': '2-1',
                     'repository': 'extra', 'download-size': 100, 'size-change': -5, 'flags': 4,
                     'flag-names': ['replaces'], 'replaces': ['old', 'older']},
          'updates: JSON', update)
    check(run('list', '--orphans')[:2] == (0, ''), 'list: an empty list is 0')
    code, out, err = run('list', '--explicit')
    check(code == 1 and 'ListExplicit' in err, 'list: a reply of another type', code, err)


def fields_of(text):
    return {k.strip(): v for k, v in (line.split(' : ', 1) for line in text.splitlines()
                                      if ' : ' in line)}


def test_aur(mock):
    code, out, err = run('search', 'aur')
    lines = out.splitlines()
    check(code == 0 and is_clean(out) and
          lines[0] == 'aur/yay 12-1 (+2130 21.46) [installed: 11-1] [out of date]' and
          lines[2] == 'aur/lost-git r1-1 (+0 0.00) [no maintainer] [maintainer changed]',
          'aur: rows of a search', out)
    row = json.loads(run('--json', 'search', 'aur')[1])['packages'][1]
    check(row['votes'] == 0 and row['popularity'] == 0 and row['vcs'] == 'git' and
          row['flag-names'] == ['no-maintainer', 'maintainer-changed'], 'aur: a row in JSON', row)
    code, out, err = run('search', '-s', 'aur', '--source=local', 'options')
    check('"sources": ["aur", "local"]' in out, 'aur: --source', out, err)
    check('sources' not in run('search', 'options')[1], 'aur: the default names no source')
    code, out, err = run('search', 'stale-aur')
    check(code == 0 and 'what is known of the AUR' in err and 'aur: Network: refused' in err and
          'databases' not in err and is_clean(err), 'aur: an old copy is no old database', err)

    code, out, err = run('updates', '--source', 'aur')
    lines = out.splitlines()
    check(code == 0 and is_clean(out) and lines[0] == 'a 1-1 -> 2-1 [AUR]' and
          lines[1].startswith('b-git 1-1 -> 2-1 [AUR, git') and
          lines[1].endswith('] [out of date] [ignored]'), 'aur: updates', out, err)
    row = json.loads(run('--json', 'updates', '-s', 'aur')[1])['updates'][0]
    check(row['download-size'] is None and row['size-change'] is None and
          row['flag-names'] == ['aur'], 'aur: sizes that nobody knows are no numbers', row)
    check(run('list', '--foreign')[:2] ==
          (0, 'local-tool 1.0-1\nyay 1.0-1 [AUR] [out of date]\nzz 1.0-1 [AUR]\n'),
          'aur: list --foreign', run('list', '--foreign'))


def test_aur_info(mock):
    code, out, err = run('info', 'yay')
    fields = fields_of(out)
    check(code == 0 and err == '' and is_clean(out), 'aur: info', code, err)
    check(fields['Repository'] == 'aur' and fields['Version'] == '12.1-1' and
          fields['Make Deps'] == 'go' and fields['Maintainer'].startswith('jguer') and
          fields['Co-Maintainers'] == 'a  b' and fields['Votes'] == '2130' and
          fields['Popularity'] == '21.46' and fields['Out Of Date'] == 'No' and
          '1970' in fields['Submitted'] and fields['Keywords'] == 'aur  go' and
          'Download Size' not in fields and 'Installed' not in fields, 'aur: its fields', fields)
    code, out, err = run('info', 'mine-git')
    fields = fields_of(out)
    check(code == 0 and fields['Version'] == '1-1' and fields['Available'] == '2-1' and
          fields['Maintainer'] == 'None' and '1970' in fields['Out Of Date'] and
          fields['Votes'] == '0' and 'Make Deps' not in fields,
          'aur: what is installed from there', fields)
    code, out, err = run('info', '--available', 'mine-git')
    fields = fields_of(out)
    check(code == 0 and fields['Version'] == '2-1' and fields['Installed'] == '1-1',
          'aur: --available', fields)
    code, out, err = run('info', 'yay', 'vim', 'absent\x1b[31m', 'aur/yay', 'gone')
    names = [line.split(' : ')[1] for line in out.splitlines() if line.startswith('Name ')]
    check(code == 3 and names == ['yay', 'vim', 'yay', 'gone'] and "'absent" in err and
          'was not found' in err and is_clean(err), 'aur: in the order of the names', names, err)
    data = json.loads(run('--json', 'info', 'yay', 'mine-git', 'absent')[1])
    check([d['asked'] for d in data['details']] == ['yay', 'mine-git'] and
          data['missing'] == ['absent'] and data['details'][1]['aur']['version'] == '2-1' and
          data['aur-meta']['total'] == 2, 'aur: JSON', data)
    check('aur-meta' not in json.loads(run('--json', 'info', 'vim')[1]),
          'aur: it is not asked about what a repository has')

    mock.FailAur('org.omgd1.Error.Network')
    code, out, err = run('info', 'vim', 'yay')
    check(code == 1 and 'Name           : vim' in out and 'Network: why it is not known' in err and
          "no repository has a package 'yay'" in err and 'not found' not in err and is_clean(err),
          'aur: an error of the network is not "not found"', code, err)
    mock.FailAur('org.omgd1.Error.Unavailable')
    code, out, err = run('info', 'yay')
    check(code == 3 and 'no repository has' in err and 'Unavailable' in err,
          'aur: off or never asked', code, err)
    mock.FailAur('org.freedesktop.DBus.Error.UnknownMethod')
    code, out, err = run('info', 'yay')
    check(code == 3 and err.splitlines() == ["omgctl: package 'yay' was not found"],
          'aur: an omgd that knows of no AUR', code, err)
    mock.FailAur('')


def test_groups_and_repos():
    check(run('groups')[:2] == (0, 'base[2J 3\n'), 'groups: plain, without what a terminal obeys')
    rows = json.loads(run('groups', '--json')[1])['groups']
    check(rows == [{'name': 'base\x1b[2J', 'packages': 3}], 'groups: JSON', rows)
    check(run('repos')[:2] == (0, 'gone unknown absent unknown\n'), 'repos: unknown is not 0',
          run('repos'))
    row = json.loads(run('repos', '--json')[1])['repositories'][0]
    check(row == {'name': 'gone', 'readable': False, 'time': None, 'state': 'absent',
                  'files': False}, 'repos: JSON', row)


def test_cache(mock):
    code, out, err = run('cache')
    check(code == 0 and '3 of 1000' in out and '2.00 KiB of 4.00 MiB' in out and
          'sync.idx 5.00 MiB ' in out, 'cache: plain', out, err)
    data = json.loads(run('cache', '--json')[1])
    check(data['replies']['hits'] == 7 and data['generation'] == 3 and
          data['index'] == [['sync.idx', 5 << 20, 1700000000000000]], 'cache: JSON', data)
    code, out, err = run('cache', '--clear')
    check(code == 0 and '0 of 1000' in out, 'cache: --clear', out, err)
    check(run('cache', 'x')[0] == 2, 'cache: takes no names')


def test_inhibit(mock):
    code, out, err = run('inhibit', '--', 'sh', '-c', 'echo "$0"; exit 7', 'word')
    state = json.loads(mock.GetInhibited())
    check((code, out, err) == (7, 'word\n', ''), 'inhibit: output and exit code', code, out, err)
    check(state == [['refresh:network', 'omgctl', 'sh'], False],
          'inhibit: what, who, why, and its end', state)
    script = ('import dbus, json; o = dbus.SessionBus().get_object("org.omgd1", "/org/omgd1");'
              'print(json.loads(o.GetInhibited(dbus_interface="org.omgd1.Mock"))[1])')
    code, out, err = run('inhibit', '-w', 'idle-exit', '-y', 'to see', '--', sys.executable, '-c',
                         script)
    check((code, out) == (0, 'True\n'), 'inhibit: held while the command runs', code, out, err)
    check(json.loads(mock.GetInhibited())[0] == ['idle-exit', 'omgctl', 'to see'],
          'inhibit: --what and --why')
    check(run('inhibit', '--', 'sh', '-c', 'kill -9 $$')[0] == 137, 'inhibit: ended by a signal')
    code, _, err = run('inhibit', '--', '/nonexistent/program')
    check(code == 1 and '/nonexistent/program' in err, 'inhibit: no such program', code, err)
    code, out, err = run('inhibit', '-w', 'nonsense', '--', 'echo', 'never')
    check((code, out) == (1, '') and 'nonsense' in err, 'inhibit: refused, and nothing runs', err)
    code, out, err = run('inhibit')
    check(code == 0 and is_clean(out) and 'idle-exit:refresh a reason' in out, 'inhibit: the list',
          out, err)
    rows = json.loads(run('inhibit', '--json')[1])['inhibitors']
    check(rows == [{'what': ['idle-exit', 'refresh'], 'who': EVIL, 'why': 'a reason',
                    'sender': ':1.1', 'since': 5}], 'inhibit: JSON', rows)


def test_files(mock):
    mock.ChangeTimes(0)
    code, out, err = run('files', 'many')
    lines = out.splitlines()
    check(code == 0 and len(lines) == MANY and len(set(lines)) == MANY and mock.GetPages() == 3,
          'files: all paths once', code, len(lines), err)
    data = json.loads(run('--json', 'files', 'many')[1])
    check(data['package'] == 'many' and data['files'] == lines and data['meta']['total'] == MANY,
          'files: JSON', data['meta'])
    code, out, err = run('files', '-a', 'options')
    check(code == 0 and 'source' in out.splitlines()[0] and out.splitlines()[1] == 'repo',
          'files: --available', out, err)
    check('source' not in run('files', 'options')[1], 'files: the default names no source')
    code, out, err = run('files', 'evil')
    check(code == 0 and is_clean(out) and 'gnp.exe' in out and len(out.splitlines()) == 1,
          'files: control characters', out)
    check(json.loads(run('--json', 'files', 'evil')[1])['files'] == ['/usr/' + EVIL],
          'files: JSON keeps them')
    code, out, err = run('files', 'none')
    check(code == 3 and out == '' and 'none' in err, 'files: no such package is 3', code, out, err)
    mock.ChangeTimes(2)
    code, out, err = run('files', 'many')
    lines = out.splitlines()
    check(code == 0 and len(lines) == MANY and len({line.split('/')[1] for line in lines}) == 1,
          'files: starts again when the data changes', code, len(lines), err)
    mock.ChangeTimes(1000)
    code, out, err = run('files', 'many')
    check(code == 1 and out == '' and 'Busy' in err, 'files: gives up in the end', code, out, err)
    mock.ChangeTimes(0)
    for arguments in (('files',), ('files', 'a', 'b'), ('owns',), ('files', '--nonsense', 'a')):
        code, out, err = run(*arguments)
        check(code == 2 and out == '' and 'omgctl' in err, 'usage error: ' + ' '.join(arguments),
              code, out, err)


def test_owns():
    code, out, err = run('owns', '/a', '/b/')
    check(code == 0 and is_clean(out) and out.startswith('/a: of-local\n/b/: of-local\n/b/: second')
          and err == '', 'owns: plain', out, err)
    rows = json.loads(run('--json', 'owns', '/b/')[1])['owners']
    check(rows == [{'path': '/b/', 'package': 'of-local'},
                   {'path': '/b/', 'package': 'second' + EVIL}], 'owns: JSON', rows)
    check(run('owns', '--available', '/a')[1] == '/a: of-repo\n', 'owns: --available')
    code, out, err = run('owns', '/a', '/none\x1b[31m')
    check(code == 3 and out == '/a: of-local\n' and '/none' in err and is_clean(err),
          'owns: one that nobody owns is 3, the others are shown', code, out, err)
    here = os.path.join(os.getcwd(), 'some/file')
    check(run('owns', 'some/file')[1] == here + ': of-local\n', 'owns: a relative path')
    check(run('owns', 'sh')[1].endswith('/sh: of-local\n'), 'owns: a program in PATH',
          run('owns', 'sh'))
    code, out, err = run('owns', '/stale')
    check(code == 0 and 'part of the answer' in err, 'owns: META as warnings', err)


def test_paging(mock):
    mock.ChangeTimes(0)
    code, out, err = run('list')
    lines = out.splitlines()
    check(code == 0 and len(lines) == MANY and len(set(lines)) == MANY and mock.GetPages() == 3,
          'paging: all rows once', len(lines), err)
    mock.ChangeTimes(2)
    code, out, err = run('list')
    lines = out.splitlines()
    check(code == 0 and len(lines) == MANY and len({line.split()[1] for line in lines}) == 1 and
          mock.GetPages() == 7, 'paging: starts again when the data changes', len(lines), err,
          mock.GetPages())
    mock.ChangeTimes(1000)
    code, out, err = run('list')
    check(code == 1 and out == '' and 'Busy' in err, 'paging: gives up in the end', code, err)
    mock.ChangeTimes(0)


def test_status():
    code, out, err = run('status')
    fields = {k.strip(): v for k, v in (line.split(' : ') for line in out.splitlines())}
    check(code == 0 and fields['Installed packages'] == '1200' and fields['Orphans'] == '0' and
          fields['AUR updates'] == 'unknown' and fields['Restart suggested'] == 'Yes' and
          '2023' in fields['Databases read'] and fields['AUR asked'] == 'never' and
          fields['State of the AUR'] == 'failed', 'status: plain', out)
    data = json.loads(run('--json', 'status')[1])['snapshot']
    check(data['SecurityUpdates'] is None and data['OrphanPackages'] == 0 and
          data['AsOfUSec'] == 1700000000000000 and data['RebootSuggested'] is True,
          'status: JSON', data)


def test_audit(mock):
    code, out, err = run('audit')
    check((code, err) == (1, '') and out ==
          'Critical  openssl  1-1 -> 1.1.1.r-1  AVG-2765  update available\n'
          'Low       vim      1-1               AVG-2843  not confirmed\n'
          'Confirmed: 1; others shown: 1; security feeds asked: '
          'Tue Nov 14 22:13:20 2023\n', 'audit: the table', code, out, err)
    for level, expected in (('critical', 1), ('Low', 1), ('none', 0), ('unknown', 1)):
        check(run('audit', '--severity', level)[0] == expected, 'audit: --severity ' + level)
    check(run('audit', '-S', 'critical', 'scored')[0] == 0, 'audit: less than critical')
    check(run('audit', '-S', 'high', 'scored')[0] == 1, 'audit: the score counts')
    check(run('audit', '-S', 'unknown', 'loose')[0] == 0, 'audit: unconfirmed does not')
    check(run('audit', '--severity', 'awful')[0] == 2, 'audit: no such severity')
    code, out, err = run('audit', 'none')
    check((code, out.split(';')[0]) == (0, 'Confirmed: 0'), 'audit: nothing', code, out)
    code, out, err = run('audit', 'partly')
    check(code == 5 and 'so far: 0;' in out and 'never asked' in err, 'audit: in part', code, out,
          err)
    code, out, err = run('audit', 'never')
    check(code == 5 and out == '' and 'ever fetched' in err and '--scan' in err, 'audit: never',
          code, out, err)
    check('zlib' in run('audit', '--all')[1], 'audit: --all')
    code, out, err = run('audit', '--details')
    check('CVSS: 9.8\n' in out and 'https://security.archlinux.org/AVG-2765' in out and
          'Required By: curl\n' in out and 'CVE: CVE-2022-1\n' in out, 'audit: --details', out)
    code, out, err = run('--json', 'audit')
    rows = json.loads(out)
    check(code == 1 and set(rows) == {'vulnerabilities', 'meta'} and
          rows['vulnerabilities'][0]['advisory'] == 'AVG-2765' and
          rows['vulnerabilities'][0]['cves'] == ['CVE-2022-1'], 'audit: JSON', out)
    for arguments in (('audit', 'evil'), ('audit', '-d', 'evil'), ('--json', 'audit', 'evil')):
        check(is_clean(run(*arguments)[1]), 'audit: control characters')
    check(run('audit', '--scan')[0] == 1, 'audit: --scan')
    mock.FailFeeds(True)
    code, out, err = run('audit', '--scan', 'none')
    check(code == 5 and 'Network: no answer' in err and 'Confirmed: 0' in out,
          'audit: a scan that fails', code, out, err)
    check(run('audit', '--scan')[0] == 1, 'audit: a scan that fails, with a finding')
    mock.FailFeeds(False)


def test_errors():
    code, out, err = run('search', 'missing')
    check(code == 1 and out == '' and is_clean(err) and
          err.startswith('omgctl: DatabaseMissing: /db/sync/core.db'), 'error: message', err)
    code, out, err = run('--json', 'search', 'missing')
    check(code == 1 and out == '' and 'DatabaseMissing' in err, 'error: JSON', out, err)
    code, out, err = run('search', 'stale')
    check(code == 0 and 'extra/old' in out and is_clean(err) and 'part of the answer' in err and
          'could not be read again' in err and 'extra: DatabaseCorrupt: bad' in err,
          'META as warnings', err)
    started = time.monotonic()
    code, out, err = run('--timeout', '1', 'search', 'slow')
    check(code == 4 and time.monotonic() - started < 2.5, 'no answer in time is 4', code, err)
    time.sleep(2.2)


def test_control_characters():
    code, out, err = run('search', 'evil')
    check(code == 0 and is_clean(out) and 'gnp.exe' in out and len(out.splitlines()) == 2,
          'control characters: plain', out)
    code, out, err = run('--json', 'search', 'evil')
    check(code == 0 and is_clean(out) and json.loads(out)['packages'][0]['description'] == EVIL and
          '\\u202e' in out and '\\u009b' in out, 'control characters: escaped in JSON', out)
    check(is_clean(run('info', 'gone')[1]), 'control characters: info')
    check(json.loads(run('--json', 'info', 'gone')[1])['details'][0]['url'] == EVIL,
          'control characters: info in JSON')


def test_terminal():
    code, out = run_on_terminal('search', 'vi')
    check(code == 0 and '\x1b[1;35mextra/\x1b[0m' in out, 'colour on a terminal', out)
    for arguments, env in ((('--no-color', 'search', 'vi'), {}), (('search', 'vi'),
                           {'NO_COLOR': '1'}), (('search', '--no-color', 'vi'), {}),
                           (('--json', 'search', 'vi'), {})):
        code, out = run_on_terminal(*arguments, **env)
        check(code == 0 and '\x1b' not in out, 'no colour: %s %s' % (' '.join(arguments), env), out)
    code, out = run_on_terminal('search', 'vi', TERM='dumb')
    check('\x1b' not in out and 'vim' in out, 'no colour: TERM=dumb', out)
    check('\x1b' not in run('search', 'vi')[1], 'no colour in a pipe')


def test_refresh():
    check(run('refresh')[:2] == (0, 'Refreshed: nothing has changed.\n'), 'refresh: waits')
    code, out, err = run('refresh', '--force')
    check((code, out, err) == (0, 'Refreshed: the packages have changed.\n', ''),
          'refresh: --force', code, out, err)
    check(run('refresh', 'sync')[0] == 0, 'refresh: a job that has ended before')
    code, out, err = run('refresh', 'status')
    check(code == 1 and 'DatabaseCorrupt: local is damaged' in err, 'refresh: failed', code, err)
    data = json.loads(run('--json', 'refresh', '--force')[1])
    check(data['status'] == 0 and data['result']['changed'] is True, 'refresh: JSON', data)
    check(json.loads(run('--json', 'refresh', 'status')[1])['error'] ==
          'org.omgd1.Error.DatabaseCorrupt', 'refresh: failed, in JSON')
    code, out, err = run('refresh', 'files')
    check(code == 1 and 'NotSupported' in err, 'refresh: not supported', code, err)
    code, out, err = run('refresh', 'sync', 'status', '--timeout', '1')
    check(code == 4 and 'goes on' in err, 'refresh: --timeout', code, err)
    code, out = run_on_terminal('refresh')
    check('Refreshing: checking' in out and '\x1b[31m' not in out, 'refresh: stages', out)
    child = subprocess.Popen([OMGCTL, 'refresh', 'sync', 'status'], stderr=subprocess.PIPE,
                             env=environment())
    time.sleep(0.7)
    child.send_signal(signal.SIGINT)
    err = child.communicate(timeout=10)[1].decode()
    check(child.returncode == 130 and 'goes on' in err, 'refresh: ctrl-c', child.returncode, err)


def test_output():
    child = subprocess.Popen([OMGCTL, 'list'], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env=environment())
    child.stdout.close()
    err = child.stderr.read()
    code = child.wait(timeout=20)
    check(err == b'' and code == -signal.SIGPIPE, 'a closed pipe ends it quietly', code, err)
    with open('/dev/full', 'wb') as full:
        done = subprocess.run([OMGCTL, 'list'], stdout=full, stderr=subprocess.PIPE,
                              env=environment())
    check(done.returncode == 1 and b'Cannot write' in done.stderr, 'a full disk is 1', done)
    env = dict(environment(), LC_ALL='C')
    done = subprocess.run([OMGCTL, 'search', 'vi'], capture_output=True, env=env)
    check('ünï'.encode() in done.stdout, 'the C locale loses no letters', done)


def test_unreachable(mock):
    child = subprocess.Popen([OMGCTL, 'refresh', 'sync', 'status'], stderr=subprocess.PIPE,
                             env=environment())
    time.sleep(0.7)
    mock.Quit()
    err = child.communicate(timeout=10)[1].decode()
    check(child.returncode == 4 and 'ended' in err, 'refresh: omgd ends', child.returncode, err)
    time.sleep(0.2)
    for command in (('search', 'x'), ('info', 'x'), ('list',), ('updates',), ('status',),
                    ('refresh',), ('aur', 'search', 'x')):
        code, out, err = run(*command)
        check(code == 4 and out == '' and 'omgd' in err, 'nobody there: ' + command[0], code, err)
    check(run('--json', 'status')[:2] == (4, ''), 'nobody there: JSON')
    code, out, err = run('status', DBUS_SESSION_BUS_ADDRESS='unix:path=/nonexistent/bus')
    check(code == 4 and 'session bus' in err, 'no bus', code, err)


def test_aur_query(mock):
    code, out, err = run('aur', 'search', 'some', 'words')
    check(code == 0 and is_clean(out) and err == '', 'aur: search', code, out, err)
    check(out.startswith('aur/pkg0 1-1 (+7)\n    of red') and
          '\naur/pkg1 1-1 (+7) [orphan] [out of date]\n' in out, 'aur: rows', out)
    check(mock.TakeAurOptions() == [{'limit': 50, 'offset': 0}], 'aur: options')
    code, out, err = run('aur', 'search', '--by', 'name', '--fresh', 'x-y')
    check(code == 0 and 'aur/pkg1' in out, 'aur: a job that has ended before', code, out, err)
    check(mock.TakeAurOptions() == [{'limit': 50, 'offset': 0, 'max-age': 0}], 'aur: --fresh')
    code, out, err = run('aur', 'search', 'many')
    check(code == 0 and out.count('aur/') == 50 and '50 of 1500' in err, 'aur: a page', err)
    mock.TakeAurOptions()
    code, out, err = run('aur', 'search', 'many', '--limit', '0', '--fresh')
    check(code == 0 and out.count('aur/') == 1500 and err == '', 'aur: all', code, err)
    check(mock.TakeAurOptions() == [{'limit': 1000, 'offset': 0, 'max-age': 0},
                                    {'limit': 1000, 'offset': 1000}], 'aur: pages of one answer')
    check(run('aur', 'search', 'many', '--limit', '1200')[1].count('aur/') == 1200, 'aur: 1200')
    code, out, err = run('aur', 'search', 'moving', '--limit', '0')
    check(code == 1 and out == '' and 'became another' in err, 'aur: never one answer', code, err)
    code, out, err = run('aur', 'search', 'nothing')
    check((code, out, err) == (3, '', ''), 'aur: nothing found', code, out, err)
    code, out, err = run('aur', 'search', 'limited')
    check(code == 1 and out == '' and 'UpstreamRateLimited: not before red' in err and
          is_clean(err), 'aur: an error', code, err)
    data = json.loads(run('--json', 'aur', 'search', 'limited')[1])
    check(data['status'] == 1 and data['result']['until'] == 1780000000000000,
          'aur: an error in JSON', data)
    code, out, err = run('aur', 'search', '--by', 'color', 'x-y')
    check(code == 1 and 'InvalidArgs' in err, 'aur: no such field', code, err)
    code, out, err = run('aur', 'info', 'x1', 'y1', 'x2')
    check(code == 3 and is_clean(out) and "'y1' is not in the AUR" in err, 'aur: info', code, err)
    for line in ('Repository     : aur', 'Package Base   : base-x1',
                 'Make Deps      : cmake  git', 'Maintainer     : somebody',
                 'Maintainer     : None', 'Votes          : 7', 'Popularity     : 1.25',
                 'Last Modified  : Unknown', 'Out Of Date    : No'):
        check(line + '\n' in out, 'aur: ' + line, out)
    check('Download Size' not in out, 'aur: no size', out)
    code, out, err = run('aur', 'info', 'x1')
    check(code == 0 and err == '', 'aur: info of one', code, err)
    data = json.loads(run('--json', 'aur', 'info', 'x1', 'y1')[1])
    check(data['packages'][0]['popularity'] == 1.25 and data['missing'] == ['y1'] and
          data['total'] == 1 and data['cached'] is False, 'aur: JSON', data)


def wait_for_socket(path):
    for _ in range(100):
        if os.path.exists(path):
            return
        time.sleep(0.05)
    sys.exit('Bail out! no bus')


def run_tests(directory):
    config = os.path.join(directory, 'bus.conf')
    with open(config, 'w', encoding='utf-8') as f:
        f.write(CONFIG % directory)
    daemon = subprocess.Popen(['dbus-daemon', '--config-file=' + config, '--nofork'])
    server = None
    try:
        wait_for_socket(os.path.join(directory, 'bus'))
        os.environ['DBUS_SESSION_BUS_ADDRESS'] = 'unix:path=%s/bus' % directory
        server = subprocess.Popen([sys.executable, __file__, '--serve'], stdout=subprocess.PIPE)
        if not select.select([server.stdout], [], [], 20)[0]:
            sys.exit('Bail out! the mock does not start')
        mock = dbus.Interface(dbus.SessionBus().get_object(NAME, PATH), 'org.omgd1.Mock')
        test_usage()
        test_search()
        test_info()
        test_lists()
        test_aur(mock)
        test_aur_info(mock)
        test_groups_and_repos()
        test_files(mock)
        test_cache(mock)
        test_inhibit(mock)
        test_owns()
        test_paging(mock)
        test_status()
        test_audit(mock)
        test_errors()
        test_control_characters()
        test_terminal()
        test_refresh()
        test_aur_query(mock)
        test_output()
        test_unreachable(mock)
    finally:
        if server:
            server.kill()
            server.wait()
        daemon.terminate()
        daemon.wait()
    print('1..%d' % count)


if __name__ == '__main__':
    if sys.argv[1:] == ['--serve']:
        serve()
        sys.exit(0)
    OMGCTL = os.path.abspath(OMGCTL) if os.sep in OMGCTL else OMGCTL
    with tempfile.TemporaryDirectory(prefix='omgctl-') as temporary:
        run_tests(temporary)
    sys.exit(1 if failures else 0)
