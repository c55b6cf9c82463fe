"""How guides are read and followed, and that nothing of them is forgotten."""

import os
import pathlib

import testtools

from tests.fixtures import guide
from tests.fixtures import page
from tests.fixtures import shell

# Each guide, the number of its commands that tests run, and of those that
# are for machines which no test has.
GUIDES = {'user/guide': (26, 0), 'admin/guide': (20, 17)}
# What nobody would run, and nobody should have to.
_UNSEEN = {'', 'shell', 'sh', 'bash'}


class PagesTest(testtools.TestCase):
    def test_each_command_is_run_or_known_not_to_be(self):
        for name, expected in GUIDES.items():
            steps = guide.commands(name)
            run = sum(each.is_run for each in steps)
            self.assertEqual(expected, (run, len(steps) - run), name)

    def test_no_command_is_set_as_something_else(self):
        for name in GUIDES:
            found = {each.language for each in page.blocks(page.read(name))}
            self.assertEqual(set(), found & _UNSEEN, name)


class ParseTest(testtools.TestCase):
    def _parsed(self, text):
        return [(each.text, each.answer) for each in guide.parse(text)]

    def test_commands_have_their_answers(self):
        self.assertEqual(
            [('one', ('a', ' b')), ('two', ()), ('three', ('$',))],
            self._parsed('$ one\na\n b\n\n# two\n$ three\n$\n'),
        )

    def test_command_may_have_several_lines(self):
        self.assertEqual(
            [('one \\\n    $ two \\\n    three', ('a \\', 'b'))],
            self._parsed('$ one \\\n    $ two \\\n    three\na \\\nb\n'),
        )

    def test_answer_to_nothing(self):
        error = self.assertRaises(ValueError, guide.parse, 'a\n$ one\n')
        self.assertIn("'a' follows no command", str(error))

    def test_ending_is_the_last_section(self):
        steps = [guide.Command(*words) for words in ('ab', 'cd', 'ce')]
        self.assertEqual(steps[1:], guide.ending(steps))


class AnswerTest(testtools.TestCase):
    def test_lines_are_found(self):
        for line, printed in (
            ('two', 'one\ntwo\n'),
            ('two', 'it is two.'),
            ('| ... | a:b | up |', '| 1.2 |  a:b   | up |\n'),
            ('| a  | 1 |', '| a | 1 |'),
            ('...', ''),
        ):
            self.assertEqual([], guide.missing([line], printed), line)

    def test_lines_are_missing(self):
        for line, printed in (
            ('two', 'one\n'),
            ('| ... | up |', '| 1 | down |\n| up |'),
            ('a.c', 'abc'),
            ('one two', 'one\ntwo'),
        ):
            self.assertEqual([line], guide.missing([line], printed), line)


class FollowTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        terminal = self.useFixture(shell.Shell({'PATH': os.environ['PATH']}))
        self.home = pathlib.Path(terminal.home)
        self.reader = guide.Reader(terminal, {'there.example.org': 'here'})

    def follow(self, text, **more):
        self.reader.follow(guide.parse(text), **more)

    def fails(self, text, **more):
        error = self.assertRaises(AssertionError, self.follow, text, **more)
        return str(error)

    def test_names_are_those_of_this_place(self):
        self.follow(
            '$ name=there.example.org\n$ echo $name:1 > found\n'
            '$ cat found\nthere.example.org:1\n'
        )
        self.assertEqual('here:1\n', (self.home / 'found').read_text())

    def test_command_that_fails_ends_it(self):
        said = self.fails('$ echo why; false\n$ touch next\n')
        self.assertIn('echo why; false\nwhy\n', said)
        self.assertIn('ended with 1', said)
        self.assertFalse((self.home / 'next').exists())

    def test_other_answer_ends_it(self):
        said = self.fails('$ echo one | tee -a said\ntwo\n')
        self.assertIn("without ['two']", said)
        self.assertEqual('one\n', (self.home / 'said').read_text())

    def test_question_is_repeated_until_its_answer_comes(self):
        self._answer_with('echo $1 >> asked; wc -l < asked')
        self.follow('$ curl there.example.org\n3\n', within_s=3600)
        asked = (self.home / 'asked').read_text()
        self.assertEqual(3 * 'here\n', asked)

    def test_question_without_an_answer_ends_it(self):
        self._answer_with('echo no')
        said = self.fails('$ curl x\nyes\n', within_s=0)
        self.assertIn('curl x\nno\n', said)

    def _answer_with(self, script):
        """Have a command that answers."""
        self.follow(f'$ curl() {{ {script}; }}; export -f curl\n')

    def test_tidying_goes_on_after_a_failure(self):
        self.reader.tidy(guide.parse('$ false\n$ touch gone\n'))
        self.assertTrue((self.home / 'gone').exists())
