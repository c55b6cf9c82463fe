"""Virtual environments and when they are made anew."""

import pathlib
import time

import fixtures
import testtools

from tools.testing import failure
from tools.testing import venv

# Both /usr/bin/python3 -m venv FOLDER and, below it, pip.
PYTHON = """#!/bin/sh
mkdir -p "$3/bin" "$3/etc/nova" "$3/lib/python3.11/site-packages"
printf '#!/bin/sh\\necho "$*" >> {asked}\\nexit $(cat {code})' > "$3/bin/pip"
chmod +x "$3/bin/pip"
"""


class VenvTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        top = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.folder, self.pins = top / 'venv', top / 'nova-34.txt'
        self.asked, self.code = top / 'asked', top / 'code'
        self.log = top / 'log'
        self.pins.write_text('nova==34.0.0')
        self.code.write_text('0')
        python = top / 'python3'
        python.write_text(PYTHON.format(asked=self.asked, code=self.code))
        python.chmod(0o755)
        self.useFixture(
            fixtures.MonkeyPatch('tools.testing.venv.PYTHON', str(python))
        )

    def _ensure(self):
        return venv.ensure(
            self.folder,
            self.pins,
            log=self.log,
            deadline=time.monotonic() + 60,
        )

    def test_exactly_the_pins_are_installed(self):
        self.assertTrue(self._ensure())
        self.assertEqual(
            f'--no-input -q install --no-deps -r {self.pins}',
            self.asked.read_text().strip(),
        )

    def test_the_same_pins_are_installed_once(self):
        self._ensure()
        self.assertFalse(self._ensure())

    def test_other_pins_make_another_environment(self):
        self._ensure()
        (self.folder / 'old').write_text('')
        self.pins.write_text('nova==34.0.1')
        self.assertTrue(self._ensure())
        self.assertFalse((self.folder / 'old').exists())

    def test_one_that_was_not_finished_is_made_anew(self):
        self.code.write_text('1')
        self.assertRaises(failure.LevelNotRun, self._ensure)
        self.code.write_text('0')
        self.assertTrue(self._ensure())

    def test_nova_finds_its_files(self):
        self._ensure()
        link = self.folder / 'lib/python3.11/site-packages/etc/nova'
        self.assertEqual(self.folder / 'etc' / 'nova', link.resolve())
