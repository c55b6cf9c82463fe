"""The folders and the memory of an installation."""

import json
import pathlib

import fixtures
import testtools

from deploy.quickstart import exception
from deploy.quickstart import home as home_module

NODE = home_module.Node('node2', 'docker', 1)


class HomeTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = self.useFixture(fixtures.TempDir()).path
        self.home = home_module.Home(pathlib.Path(folder))

    def test_environment_chooses_the_folder(self):
        found = home_module.from_environment({'NOVA_DOCKER_HOME': '/srv/x'})
        self.assertEqual(pathlib.Path('/srv/x'), found.path)
        found = home_module.from_environment({})
        self.assertEqual(pathlib.Path('/var/lib/nova-docker'), found.path)

    def test_state_survives(self):
        state = (
            home_module.State('ovn', volumes=True, stacks=True)
            .with_done('python', 'abc')
            .with_node(NODE)
            .with_node(NODE)
        )
        home_module.save_state(self.home, state)
        self.assertEqual(state, home_module.load_state(self.home))
        self.assertEqual((NODE,), state.nodes)
        self.assertEqual((), state.without_node(NODE).nodes)

    def test_state_from_before_there_were_volumes_and_stacks_has_none(self):
        self.home.state_file.write_text(
            '{"version": 1, "network": "ovs", "done": {}}'
        )
        state = home_module.load_state(self.home)
        self.assertFalse(state.volumes)
        self.assertFalse(state.stacks)

    def test_nothing_installed(self):
        self.assertIsNone(home_module.load_state(self.home))
        self.assertFalse(self.home.is_installed())

    def test_state_of_another_version_is_refused(self):
        self.home.state_file.write_text(json.dumps({'version': 99}))
        err = self.assertRaises(
            exception.PreconditionMissing, home_module.load_state, self.home
        )
        self.assertIn('another version', str(err))

    def test_damaged_files_are_named_with_what_to_do(self):
        for text in (b'', b'{', b'[]', b'\xff', b'null'):
            for path, load in (
                (self.home.state_file, home_module.load_state),
                (self.home.secrets_file, home_module.load_secrets),
            ):
                path.write_bytes(text)
                err = self.assertRaises(
                    exception.PreconditionMissing, load, self.home
                )
                self.assertIn(f'{path} is damaged', str(err))
                self.assertIn('down --purge', str(err))

    def test_state_that_lacks_a_part_is_damaged(self):
        whole = {'version': 1, 'network': 'ovs', 'done': {}}
        for part in (
            {'done': 7},
            {'nodes': [{'strange': 1}]},
            {'done': None},
        ):
            self.home.state_file.write_text(json.dumps(whole | part))
            err = self.assertRaises(
                exception.PreconditionMissing,
                home_module.load_state,
                self.home,
            )
            self.assertIn('damaged', str(err))
        self.home.state_file.write_text('{"version": 1}')
        self.assertRaises(
            exception.PreconditionMissing, home_module.load_state, self.home
        )

    def test_passwords_are_made_once_and_for_root(self):
        first = home_module.load_secrets(self.home)
        self.assertEqual(first, home_module.load_secrets(self.home))
        self.assertEqual(len(first), len(set(first.values())))
        mode = self.home.secrets_file.stat().st_mode & 0o777
        self.assertEqual(0o600, mode)

    def test_new_account_keeps_the_passwords_of_the_others(self):
        self.home.secrets_file.write_text('{"admin": "known"}')
        found = home_module.load_secrets(self.home)
        self.assertEqual('known', found['admin'])
        self.assertIn('nova', found)

    def test_file_is_replaced_and_leaves_nothing_beside_it(self):
        path = self.home.path / 'a' / 'b'
        home_module.write(path, 'one')
        home_module.write(path, 'two', mode=0o640)
        self.assertEqual('two', path.read_text())
        self.assertEqual([path], list(path.parent.iterdir()))

    def test_node_shares_programs_and_nothing_else(self):
        inside = self.home.of_node('node2')
        self.assertEqual(self.home.venv, inside.venv)
        self.assertEqual(self.home.runtime, inside.runtime)
        self.assertEqual(self.home.rootwrap, inside.rootwrap)
        self.assertNotEqual(self.home.docker_socket, inside.docker_socket)

    def test_nodes_have_addresses_of_their_own(self):
        self.assertEqual('198.51.100.11', NODE.address)


class RequireUsableTestCase(testtools.TestCase):
    def test_usual_paths(self):
        for path in ('/var/lib/nova-docker', '/srv/a.b_c+d/~x@y', '/x'):
            home_module.require_usable(pathlib.Path(path))

    def test_letters_that_some_program_takes_for_its_own(self):
        for letter in (',', ' ', '\n', '%', ':', '"', ';', '#', '\u00e9'):
            err = self.assertRaises(
                exception.PreconditionMissing,
                home_module.require_usable,
                pathlib.Path(f'/srv/a{letter}b'),
            )
            self.assertIn('NOVA_DOCKER_HOME', str(err))
            self.assertNotIn('\n', str(err))

    def test_the_longest_socket_has_to_fit(self):
        longest = '/' + 'x' * 61
        home_module.require_usable(pathlib.Path(longest))
        err = self.assertRaises(
            exception.PreconditionMissing,
            home_module.require_usable,
            pathlib.Path(f'{longest}x'),
        )
        self.assertIn('1 bytes too long', str(err))
