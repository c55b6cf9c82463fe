"""A shell in which guides are followed."""

import os

import testtools

from tests.fixtures import shell


class ShellTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.shell = self.useFixture(
            shell.Shell({'PATH': os.environ['PATH'], 'GIVEN': 'given'})
        )

    def run_all(self, *commands):
        """Run commands; give what the last one printed."""
        for each in commands:
            done = self.shell.run(each)
        return done.stdout

    def test_it_has_what_it_was_given_and_nothing_else(self):
        found = self.run_all('echo $GIVEN $HOME; echo $USER; pwd')
        home = self.shell.home
        self.assertEqual(f'given {home}\n\n{home}\n', found)

    def test_variable_is_there_in_the_next_command(self):
        found = self.run_all("text='two\nlines = x'", 'true', 'echo "$text"')
        self.assertEqual('two\nlines = x\n', found)

    def test_variable_of_a_command_that_failed_is_there(self):
        self.assertEqual('set\n', self.run_all('v=set; false', 'echo $v'))

    def test_errors_are_part_of_what_is_printed(self):
        done = self.shell.run('echo out; echo err >&2; exit 3')
        self.assertEqual((3, 'out\nerr\n'), (done.returncode, done.stdout))

    def test_pipe_fails_where_its_first_command_does(self):
        self.assertEqual(1, self.shell.run('false | cat').returncode)

    def test_nonsense_fails_and_leaves_the_variables(self):
        self.shell.run('v=set')
        self.assertNotEqual(0, self.shell.run('if (').returncode)
        self.assertEqual('set\n', self.shell.run('echo $v').stdout)

    def test_command_that_hangs_ends_with_its_children(self):
        done = self.shell.run('sleep 600 | cat', within_s=0.1)
        self.assertEqual(shell.TIMED_OUT, done.returncode)
