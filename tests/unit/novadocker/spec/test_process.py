"""The process: the tenant's words, which can never grant privilege."""

import dataclasses
import string

import hypothesis
from hypothesis import strategies
import testtools

from novadocker import exception
from novadocker import model
from novadocker.spec import process

COMMANDS = [
    ('memcached -m 64', ('memcached', '-m', '64')),
    ("sh -c 'echo  a'", ('sh', '-c', 'echo  a')),
    ('["a b", "c"]', ('a b', 'c')),
    ('', ()),
    ('sh -c "a\nb"', ('sh', '-c', 'a\nb')),
    ('caf\u00e9', ('caf\u00e9',)),
]

UNREADABLE = [
    ({'docker:command': "sh -c 'open"}, 'docker:command'),
    ({'docker:command': '["a", 1]'}, 'docker:command'),
    ({'docker:command': '["a"'}, 'docker:command'),
    ({'docker:command': '["a\\u0000b"]'}, 'docker:command'),
    ({'docker:user': 'root; rm'}, 'docker:user'),
    ({'docker:command': '["\\ud800"]'}, 'docker:command'),
    ({'docker:command': 'a \0'}, 'docker:command'),
    ({'docker:command': '[' * 100_000}, 'docker:command'),
    ({'docker:entrypoint': '[[]]'}, 'docker:entrypoint'),
    ({'docker:user': '../x'}, 'docker:user'),
    ({'docker:user': 'root\n'}, 'docker:user'),
    ({'docker:user': 'a:b:c'}, 'docker:user'),
    ({'docker:user': 'x' * 200}, 'docker:user'),
    ({'docker:user': ':0'}, 'docker:user'),
    ({'docker:workdir': 'relative'}, 'docker:workdir'),
    ({'docker:workdir': '../..'}, 'docker:workdir'),
    ({'docker:workdir': '/a\nb'}, 'docker:workdir'),
    ({'docker:workdir': '/a\0b'}, 'docker:workdir'),
    ({'docker:workdir': '/\ud800'}, 'docker:workdir'),
    ({'docker:env:': 'x'}, 'docker:env:'),
    ({'docker:env:1BAD': 'x'}, 'docker:env:1BAD'),
    ({'docker:env:A B': 'x'}, 'docker:env:A B'),
    ({'docker:env:A=B': 'x'}, 'docker:env:A=B'),
    ({'docker:env:A': 'x\0y'}, 'docker:env:A'),
    ({'docker:env:A': '\udfff'}, 'docker:env:A'),
    ({'docker:mount:vdb': '/proc/sys'}, 'docker:mount:vdb'),
    ({'docker:mount:vdb': 'a'}, 'docker:mount:vdb'),
    ({'docker:': 'x'}, 'docker:'),
    ({'docker:Command': 'x'}, 'docker:Command'),
    ({'docker:privileged': 'true'}, 'docker:privileged'),
    ({'docker:cap_add': 'SYS_ADMIN'}, 'docker:cap_add'),
    ({'docker:comand': 'x'}, 'docker:comand'),
]


class ProcessTestCase(testtools.TestCase):
    def test_without_a_word_the_image_decides(self):
        found = process.process({}, {})
        self.assertEqual(model.Process(), found)
        self.assertTrue(found.init)

    def test_paths_of_volumes_are_no_words_for_a_process(self):
        found = process.process({'docker:mount:vdb': '/data'}, {})
        self.assertEqual(model.Process(), found)

    def test_commands(self):
        for text, words in COMMANDS:
            with self.subTest(text):
                found = process.process({'docker:command': text}, {})
                self.assertEqual(words, found.command)

    def test_image_property_is_the_command(self):
        found = process.process({}, {'os_command_line': 'a b'})
        self.assertEqual(('a', 'b'), found.command)

    def test_command_that_nova_has_cut_is_refused(self):
        self.assertRaises(
            exception.InvalidContainerOption,
            process.process,
            {},
            {'os_command_line': 'x' * 255},
        )

    def test_metadata_wins_over_the_image_property(self):
        found = process.process(
            {'docker:command': 'mine'}, {'os_command_line': 'theirs'}
        )
        self.assertEqual(('mine',), found.command)

    def test_all_metadata(self):
        found = process.process(
            {
                'docker:entrypoint': '/init',
                'docker:user': 'app:www-data',
                'docker:workdir': '/srv',
                'docker:env:LANG': 'C',
            },
            {},
        )
        self.assertEqual(('/init',), found.entrypoint)
        self.assertEqual('app:www-data', found.user)
        self.assertEqual('/srv', found.workdir)
        self.assertEqual({'LANG': 'C'}, found.env)

    def test_variables_of_the_tenants_own_container(self):
        for name in ('PATH', 'LD_PRELOAD', 'discovery.type', 'x-y'):
            with self.subTest(name):
                found = process.process({f'docker:env:{name}': 'a\nb'}, {})
                self.assertEqual({name: 'a\nb'}, found.env)

    def test_image_properties_say_what_metadata_says(self):
        properties = {
            'docker_entrypoint': '/init',
            'docker_workdir': '/srv',
            'os_admin_user': 'app',
        }
        found = process.process({}, properties)
        self.assertEqual(('/init',), found.entrypoint)
        self.assertEqual('/srv', found.workdir)
        self.assertEqual('app', found.user)
        found = process.process({'docker:user': 'other'}, properties)
        self.assertEqual('other', found.user)

    def test_property_that_cannot_be_read_is_refused_by_its_name(self):
        for key, value in (
            ('docker_entrypoint', "'"),
            ('docker_workdir', 'relative'),
            ('os_admin_user', 'a b'),
            ('os_command_line', '[1]'),
            ('os_command_line', '\ud800'),
        ):
            with self.subTest(key):
                error = self.assertRaises(
                    exception.InvalidContainerOption,
                    process.process,
                    {},
                    {key: value},
                )
                self.assertIn(f'{key}=', str(error))

    def test_empty_words_leave_it_to_the_image(self):
        found = process.process(
            {'docker:user': '', 'docker:workdir': ''}, {'os_admin_user': 'x'}
        )
        self.assertEqual(('', ''), (found.user, found.workdir))

    def test_sentence_is_one_line_that_fits_into_a_fault(self):
        for metadata, _ in UNREADABLE:
            with self.subTest(metadata):
                error = self.assertRaises(
                    exception.InvalidContainerOption,
                    process.process,
                    metadata,
                    {},
                )
                self.assertTrue(str(error).isprintable(), str(error))
                self.assertLess(len(str(error)), 255)

    def test_plain_metadata_stays_out(self):
        found = process.process({'PATH': '/evil', 'role': 'web'}, {})
        self.assertEqual({}, found.env)

    def test_image_properties_for_terminal_and_init(self):
        found = process.process(
            {}, {'docker_tty': 'true', 'docker_init': 'false'}
        )
        self.assertTrue(found.tty)
        self.assertTrue(found.stdin_open)
        self.assertFalse(found.init)

    def test_flag_that_is_neither_is_refused(self):
        self.assertRaises(
            exception.InvalidContainerOption,
            process.process,
            {},
            {'docker_tty': 'perhaps'},
        )

    def test_unreadable_metadata_is_refused_by_name(self):
        for metadata, key in UNREADABLE:
            with self.subTest(metadata):
                error = self.assertRaises(
                    exception.InvalidContainerOption,
                    process.process,
                    metadata,
                    {},
                )
                self.assertIn(key, str(error))

    def test_nothing_a_process_has_is_privilege(self):
        fields = {field.name for field in dataclasses.fields(model.Process)}
        grants = {f.name for f in dataclasses.fields(model.Security)}
        self.assertEqual(set(), fields & grants)

    @hypothesis.settings(deadline=None)
    @hypothesis.given(
        metadata=strategies.dictionaries(
            strategies.text(string.printable, max_size=40).map(
                lambda key: 'docker:' + key
            ),
            strategies.text(max_size=60),
            max_size=4,
        ),
        properties=strategies.dictionaries(
            strategies.sampled_from(
                ['os_command_line', 'docker_tty', 'docker_init']
            ),
            strategies.text(max_size=60),
        ),
    )
    def test_whatever_a_tenant_writes_is_read_or_refused(
        self, metadata, properties
    ):
        try:
            found = process.process(metadata, properties)
        except exception.InvalidContainerOption:
            return
        for word in (found.command or ()) + (found.entrypoint or ()):
            self.assertNotIn('\0', word)
