"""The root file system of Debian 13; apt and debootstrap are scripts."""

import os
import pathlib
import time

import fixtures
import testtools

from tools.testing import failure
from tools.testing import trixie

PROGRAMS = {
    'apt-get': 'cat {top}/mirrors',
    # unshare --mount debootstrap OPTION.. SUITE ROOT MIRROR
    'unshare': 'echo "$*" >> {top}/asked; mkdir -p {top}/root/usr; '
    'exit $(cat {top}/code)',
    'chroot': 'echo "Docker version 26.1"; exit $(cat {top}/chroot-code)',
}


class TrixieTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.top = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.root, self.log = self.top / 'root', self.top / 'log'
        self._answer('mirrors', 'http://one/debian\nhttp://two/debian\n')
        self._answer('code', '0')
        self._answer('chroot-code', '0')
        for name, script in PROGRAMS.items():
            path = self.top / 'bin' / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(f'#!/bin/sh\n{script.format(top=self.top)}\n')
            path.chmod(0o755)
        path = f'{self.top}/bin:{os.environ["PATH"]}'
        self.useFixture(fixtures.EnvironmentVariable('PATH', path))

    def _answer(self, name, text):
        (self.top / name).write_text(text)

    def _ensure(self):
        return trixie.ensure(
            self.root, log=self.log, deadline=time.monotonic() + 60
        )

    def _asked(self):
        return (self.top / 'asked').read_text().splitlines()

    def test_it_comes_from_the_mirror_of_the_machine(self):
        self.assertTrue(self._ensure())
        (asked,) = self._asked()
        self.assertIn('--mount debootstrap --variant=minbase', asked)
        self.assertTrue(asked.endswith(f'{self.root} http://one/debian'))

    def test_the_version_is_logged(self):
        self._ensure()
        self.assertIn('Docker version 26.1', self.log.read_text())

    def test_it_is_made_once(self):
        self._ensure()
        self.assertFalse(self._ensure())
        self.assertEqual(1, len(self._asked()))

    def test_another_recipe_makes_another(self):
        self._ensure()
        (self.root / 'old').write_text('')
        self.useFixture(
            fixtures.MonkeyPatch('tools.testing.trixie.OPTIONS', ('--x',))
        )
        self.assertTrue(self._ensure())
        self.assertFalse((self.root / 'old').exists())

    def test_one_that_was_not_finished_is_made_anew(self):
        self._answer('code', '1')
        self.assertRaises(failure.LevelNotRun, self._ensure)
        self._answer('code', '0')
        self.assertTrue(self._ensure())

    def test_one_that_cannot_be_run_is_not_finished(self):
        self._answer('chroot-code', '1')
        self.assertRaises(failure.LevelNotRun, self._ensure)
        self._answer('chroot-code', '0')
        self.assertTrue(self._ensure())

    def test_a_machine_without_a_mirror_is_told_what_to_do(self):
        self._answer('mirrors', '')
        raised = self.assertRaises(failure.LevelNotRun, self._ensure)
        self.assertIn('apt-get update', str(raised))
