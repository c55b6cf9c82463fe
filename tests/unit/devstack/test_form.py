"""The form of the plugin's files."""

import re
import subprocess

import testtools

from tests.unit.devstack import node


def shell_files() -> list[str]:
    """List what bash reads."""
    names = ['plugin.sh', 'settings', 'override-defaults']
    return [
        *(str(node.PLUGIN / name) for name in names),
        *(str(path) for path in sorted((node.PLUGIN / 'lib').iterdir())),
    ]


class FormTest(testtools.TestCase):
    def test_bash_reads_them(self) -> None:
        done = subprocess.run(
            ['bash', '-n', *shell_files()],
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_nothing_from_the_network_is_run_and_nothing_killed_by_name(
        self,
    ) -> None:
        for path in shell_files():
            with open(path) as file:
                text = file.read()
            code = re.sub(r'^\s*#.*$', '', text, flags=re.M)
            for word in ('killall', 'pkill', 'wget', 'kill '):
                self.assertNotIn(word, code, path)
            self.assertIsNone(
                re.search(r'\|\s*(sudo\s+)?(ba)?sh\b', code), path
            )

    def test_the_dispatcher_only_dispatches(self) -> None:
        text = (node.PLUGIN / 'plugin.sh').read_text()
        for word in ('iniset', 'sudo ', 'openstack ', 'install_package'):
            self.assertNotIn(word, text)
