"""The quickstart's cloud, brought up for tests and down again."""

import pathlib
import time

import fixtures
import testtools

from tools.testing import cloud
from tools.testing import failure

# Writes down what it is asked; the exit codes come from files.
SCRIPT = """#!/bin/sh
echo "$*" >> {folder}/asked
[ -e {folder}/$1 ] && exit $(cat {folder}/$1)
exit 0
"""


class CloudTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        (self.folder / 'tools').mkdir()
        script = self.folder / 'tools' / 'quickstart'
        script.write_text(SCRIPT.format(folder=self.folder))
        script.chmod(0o755)

    def _answer(self, word, code):
        (self.folder / word).write_text(str(code))

    def _use(self, deed=lambda: None):
        with cloud.up(
            self.folder,
            ('--network', 'ovn', '--volumes'),
            log=self.folder / 'log',
            deadline=time.monotonic() + 60,
        ):
            deed()

    def _asked(self):
        return (self.folder / 'asked').read_text().splitlines()

    def test_a_cloud_that_is_up_stays_up(self):
        self._use()
        self.assertEqual(['status'], self._asked())

    def test_a_cloud_that_is_brought_up_goes_down(self):
        self._answer('status', 1)
        self._use()
        self.assertEqual(
            ['status', 'up --network ovn --volumes', 'down'], self._asked()
        )

    def test_it_goes_down_after_a_failure_too(self):
        self._answer('status', 1)

        def fail():
            raise failure.LevelTimeout

        self.assertRaises(failure.LevelTimeout, self._use, fail)
        self.assertEqual('down', self._asked()[-1])

    def test_one_that_does_not_come_up_is_taken_down(self):
        self._answer('status', 1)
        self._answer('up', 1)
        raised = self.assertRaises(failure.LevelNotRun, self._use)
        self.assertIn('ended with 1', str(raised))
        self.assertEqual('down', self._asked()[-1])

    def test_one_that_does_not_go_down_is_a_failure(self):
        self._answer('status', 1)
        self._answer('down', 1)
        self.assertRaises(failure.LevelNotRun, self._use)

    def test_what_leaked_and_stays_is_listed(self):
        script = self.folder / 'tools' / 'quickstart'
        script.write_text('#!/bin/sh\necho netns a; echo port b; exit 1\n')
        self.assertEqual(
            ['leak: netns a', 'leak: port b'],
            cloud.leaks(self.folder, within_s=0),
        )

    def test_what_goes_by_itself_is_no_leak(self):
        script = self.folder / 'tools' / 'quickstart'
        script.write_text(
            '#!/bin/sh\n'
            f'[ -e {self.folder}/gone ] && exit 0\n'
            f'touch {self.folder}/gone; echo netns a; exit 1\n'
        )
        self.useFixture(
            fixtures.MonkeyPatch('tools.testing.cloud._PAUSE_S', 0)
        )
        self.assertEqual([], cloud.leaks(self.folder))

    def test_a_question_that_fails_is_no_clean_cloud(self):
        script = self.folder / 'tools' / 'quickstart'
        script.write_text('#!/bin/sh\necho it is down >&2; exit 3\n')
        self.assertEqual(
            ['leak: it is down'], cloud.leaks(self.folder, within_s=0)
        )
        script.write_text('#!/bin/sh\nexit 3\n')
        self.assertEqual(
            ['leak: it says nothing'], cloud.leaks(self.folder, within_s=0)
        )

    def test_a_checkout_without_a_quickstart_is_told_so(self):
        (self.folder / 'tools' / 'quickstart').unlink()
        raised = self.assertRaises(failure.LevelNotRun, self._use)
        self.assertIn('tools/quickstart', str(raised))
