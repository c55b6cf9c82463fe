"""The strict sudoers form of the install guide, with the real sudo."""

import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import uuid

import testtools

GUIDE = pathlib.Path(__file__).parents[2] / 'doc/source/admin/install.rst'
HELPER = pathlib.Path(sys.executable).with_name('privsep-helper')
# As nova-compute does: an entry point of ours, through the helper.
CALL = """\
import sys
from oslo_config import cfg
from oslo_privsep import priv_context
from novadocker import exception
import novadocker.privsep.disk
import novadocker.privsep.layer
import novadocker.privsep.netns
cfg.CONF([], project='nova', default_config_files=[sys.argv[1]])
novadocker.privsep.netns.names()
assert not novadocker.privsep.disk.is_used('/dev/there-is-none')
try:
    novadocker.privsep.layer.send('/none', 'x', 'y')
except exception.LayerUnreadable:
    print('answered')
"""


def _can_run():
    return os.geteuid() == 0 and shutil.which('sudo') is not None


@unittest.skipUnless(_can_run(), 'needs root and the package sudo')
class StrictSudoersTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.user = f'nd-{uuid.uuid4().hex[:8]}'
        subprocess.run(
            ['useradd', '--system', '--no-create-home', self.user], check=True
        )
        self.addCleanup(subprocess.run, ['userdel', self.user], check=True)
        folder = tempfile.mkdtemp(prefix='sudoers-', dir='/tmp')
        self.addCleanup(shutil.rmtree, folder)
        os.chmod(folder, 0o755)
        self.config = f'{folder}/nova.conf'
        pathlib.Path(self.config).write_text(
            ''.join(
                f'[{section}]\nhelper_command = '
                f'sudo -n {HELPER} --config-file {self.config}\n'
                for section in (
                    *('novadocker_net', 'novadocker_mount'),
                    'novadocker_read',
                )
            )
        )
        self._install_rules()

    def _install_rules(self):
        rules = re.findall(
            r'^ +(nova ALL=\(root\) NOPASSWD: .*)$', GUIDE.read_text(), re.M
        )
        self.assertEqual(5, len(rules))
        text = '\n'.join(rules) + '\n'
        for theirs, ours in (
            ('nova ALL', f'{self.user} ALL'),
            ('/usr/bin/privsep-helper', str(HELPER)),
            (r'/etc/nova/nova\.conf', re.escape(self.config)),
        ):
            text = text.replace(theirs, ours)
        path = pathlib.Path(f'/etc/sudoers.d/{self.user}')
        self.addCleanup(path.unlink)
        path.write_text(text)
        path.chmod(0o440)
        subprocess.run(['visudo', '--check', '--file', str(path)], check=True)

    def _as_user(self, *argv):
        user = pwd.getpwnam(self.user)
        return subprocess.run(
            argv,
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
            cwd='/',
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def test_what_the_driver_calls_is_allowed(self):
        found = self._as_user(
            *(sys.executable, '-W', 'ignore', '-c', CALL, self.config)
        )
        self.assertEqual(0, found.returncode, found.stderr)
        self.assertEqual('answered', found.stdout.strip())

    def test_everything_else_is_refused(self):
        good = {
            '--config-file': self.config,
            '--privsep_context': 'novadocker.privsep.net',
            '--privsep_sock_path': '/tmp/tmpabcdefgh/privsep.sock',
        }
        bad = {
            '--config-file': '/tmp/evil.conf',
            '--privsep_context': 'os.system',
            '--privsep_sock_path': '/tmp/../etc/x',
        }
        for option, value in bad.items():
            with self.subTest(option):
                words = [
                    word
                    for pair in {**good, option: value}.items()
                    for word in pair
                ]
                self._assert_refused(str(HELPER), *words)
        self._assert_refused('/bin/sh')

    def _assert_refused(self, *words):
        # -l only asks whether the command would be allowed.
        found = self._as_user('sudo', '-n', '-l', *words)
        self.assertNotEqual(0, found.returncode, found.stdout)
