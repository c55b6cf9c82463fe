"""Virtual environments and when they are made anew."""

import pathlib
import time

import fixtures
import testtools

from deploy.quickstart import installer
from tools.testing import failure
from tools.testing import venv

# Both /usr/bin/python3 -m venv FOLDER and, below it, pip and uv. As pip it
# makes uv where that is what it has to install.
PYTHON = """#!/bin/sh
case $0 in
*/pip|*/uv)
    [ "$1" != config ] || exit 0
    echo "${{0##*/}} $*" >> {asked}
    case "$*" in
    *installer-requirements.txt)
        [ -e {uvless} ] && exit 1
        cp "$0" "${{0%/*}}/uv" ;;
    *)
        exit $(cat {code}) ;;
    esac ;;
*)
    mkdir -p "$3/bin" "$3/etc/nova" "$3/lib/python3.11/site-packages"
    cp "$0" "$3/bin/pip" ;;
esac
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
        self.uvless = top / 'uvless'
        python.write_text(
            PYTHON.format(asked=self.asked, code=self.code, uvless=self.uvless)
        )
        python.chmod(0o755)
        self.patch(installer, 'PYTHON', str(python))

    def _ensure(self):
        return venv.ensure(
            self.folder,
            self.pins,
            log=self.log,
            deadline=time.monotonic() + 60,
        )

    def _asked(self):
        return self.asked.read_text().splitlines()

    def test_exactly_the_pins_are_installed(self):
        self.assertTrue(self._ensure())
        self.assertEqual(
            f'uv pip install --quiet --compile-bytecode --python '
            f'{self.folder}/bin/python --no-deps -r {self.pins}',
            self._asked()[-1],
        )

    def test_uv_is_installed_once_for_all_environments(self):
        self._ensure()
        self.pins.write_text('nova==34.0.1')
        self._ensure()
        who = [line.split()[0] for line in self._asked()]
        self.assertEqual(['pip', 'uv', 'uv'], who)

    def test_pip_installs_where_there_is_no_uv(self):
        self.uvless.touch()
        self.assertTrue(self._ensure())
        self.assertEqual(
            f'pip --disable-pip-version-check --no-input --quiet install '
            f'--no-deps -r {self.pins}',
            self._asked()[-1],
        )

    def test_uv_is_tried_again(self):
        self.uvless.touch()
        self._ensure()
        self.uvless.unlink()
        self.pins.write_text('nova==34.0.1')
        self._ensure()
        self.assertTrue(self._asked()[-1].startswith('uv '))

    def test_wheel_takes_the_place_of_the_last(self):
        self._ensure()
        venv.install_wheel(
            self.folder,
            pathlib.Path('/it.whl'),
            log=self.log,
            deadline=time.monotonic() + 60,
        )
        self.assertTrue(
            self._asked()[-1].endswith('--no-deps --force-reinstall /it.whl')
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
