import io
import pathlib
from unittest import mock

import fixtures
from openstack import exceptions
import testtools

from novadocker.cmd import zone
from novadocker.zone import cloud
from novadocker.zone import desired
from novadocker.zone import record
from tests.fixtures import fake_cloud


class ZoneTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.connection = fake_cloud.FakeConnection()
        self.connection.add_host('d1', 'docker')
        self.connection.add_host('k1', 'QEMU')
        self.connection.image.add('i1', 'web:1')
        self.given = []
        self.patch(cloud, 'connect', self._connect)
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.useFixture(
            fixtures.EnvironmentVariable('XDG_STATE_HOME', str(self.folder))
        )

    def _connect(self, *given):
        self.given.append(given)
        return self.connection

    def _run(self, *words):
        """Run the command, and give its code and what it wrote."""
        out, err = io.StringIO(), io.StringIO()
        with (
            fixtures.MonkeyPatch('sys.stdout', out),
            fixtures.MonkeyPatch('sys.stderr', err),
        ):
            code = zone.main(words)
        return code, out.getvalue(), err.getvalue()

    def _file(self, text):
        file = self.folder / 'zone.yaml'
        file.write_text(text)
        return str(file)

    def _aggregates(self):
        return {*self.connection.compute.rows}

    def test_cloud_is_chosen_as_by_other_clients(self):
        self._run('--os-cloud', 'mine', '--os-region-name', 'north', 'check')
        self._run('check')
        self.assertEqual([('mine', 'north'), (None, None)], self.given)


class ApplyTestCase(ZoneTestCase):
    def test_dry_run_changes_nothing(self):
        code, out, err = self._run('apply', '--dry-run')
        self.assertEqual((0, ''), (code, err))
        self.assertIn('+ aggregate docker: host d1\n', out)
        self.assertTrue(out.endswith('9 changes to make.\n'), out)
        self.assertEqual([], self.connection.compute.calls)
        self.assertEqual([], [*self.folder.iterdir()])

    def test_apply_twice_and_undo(self):
        code, out, _ = self._run('apply')
        self.assertTrue(out.endswith('9 changes made.\n'), out)
        self.assertEqual(0, code)
        self.assertEqual({'docker', 'kvm'}, self._aggregates())
        self.assertEqual(
            (0, 'Nothing had to change.\n', ''), self._run('apply')
        )
        code, out, _ = self._run('undo', '--dry-run')
        self.assertIn('- aggregate docker: host d1\n', out)
        self.assertEqual({'docker', 'kvm'}, self._aggregates())
        code, out, _ = self._run('undo')
        # The zone goes with its aggregate.
        self.assertTrue(out.endswith('8 changes made.\n'), out)
        self.assertEqual((0, set()), (code, self._aggregates()))
        self.assertEqual(
            (0, 'Nothing had to change.\n', ''), self._run('undo')
        )

    def test_file_says_what_is_wished_for(self):
        file = self._file('images: ["web:1"]')
        code, out, _ = self._run('apply', '--file', file)
        self.assertEqual(0, code)
        self.assertIn('+ image web:1 (i1): img_hv_type = docker\n', out)
        self.assertEqual(set(), self._aggregates())
        self._run('undo')
        self.assertNotIn('img_hv_type', self.connection.image.rows['i1'])

    def test_what_has_to_be_mended_in_the_file_stops_all(self):
        file = self._file(desired.USUAL.replace('hosts: []', 'hosts: [x]'))
        code, out, err = self._run('apply', '--file', file)
        self.assertEqual(1, code)
        self.assertIn('There is no compute host x', err)
        self.assertEqual([], self.connection.compute.calls)
        self.assertEqual('Nothing is changed.\n', out)

    def test_what_nova_would_refuse_is_left_out(self):
        self.connection.compute.nodes['d1']['servers'] = [{'uuid': 'x'}]
        code, out, err = self._run('apply', '--dry-run')
        self.assertEqual(1, code)
        self.assertIn('8 changes to make.', out)
        code, out, err = self._run('apply')
        self.assertEqual(1, code)
        self.assertEqual(
            'Left out: Aggregate docker cannot get zone docker: d1 has '
            'servers (1). Cure: leave availability_zone out of the zone '
            'file, or free these hosts\n',
            err,
        )
        self.assertIn('8 changes made.', out)
        self.assertEqual(
            ['d1'], self.connection.compute.rows['docker']['hosts']
        )
        self.assertIn('cannot get zone docker', self._run('check')[1])
        self.assertEqual(0, self._run('undo')[0])
        self.assertEqual(set(), self._aggregates())

    def test_failure_in_the_middle(self):
        failures = self.connection.compute.failures
        failures['create_aggregate'] = exceptions.HttpException('no luck')
        code, out, err = self._run('apply')
        self.assertEqual(1, code)
        self.assertIn('+ flavor docker.small', out)
        self.assertIn('novadocker-zone: "+ aggregate docker" failed', err)
        failures.clear()
        self.assertEqual(0, self._run('apply')[0])

    def test_stopped_in_the_middle(self):
        failures = self.connection.compute.failures
        failures['add_host_to_aggregate'] = KeyboardInterrupt()
        code, _, err = self._run('apply')
        self.assertEqual(130, code)
        self.assertIn('goes on from here', err)
        failures.clear()
        self.assertIn('2 changes made.', self._run('apply')[1])
        self._run('undo')
        self.assertEqual(set(), self._aggregates())

    def test_undo_of_what_was_made_in_part(self):
        failures = self.connection.compute.failures
        failures['set_aggregate_metadata'] = exceptions.HttpException('no')
        self.assertEqual(1, self._run('apply')[0])
        self.assertEqual(0, self._run('undo')[0])
        self.assertEqual(set(), self._aggregates())
        self.assertEqual({}, self.connection.compute.kinds)

    def test_record_is_where_it_is_wanted(self):
        record = self.folder / 'mine.json'
        self._run('apply', '--record', str(record))
        self.assertTrue(record.exists())
        self._run('undo', '--record', str(record))
        self.assertFalse(record.exists())

    def test_two_runs_at_the_same_time(self):
        path = self.folder / 'nova-docker' / 'zone.json'
        with record.held(path):
            for command in ('apply', 'undo'):
                code, _, err = self._run(command)
                self.assertEqual(2, code)
                self.assertIn('Another run is at work', err)
                self.assertEqual(0, self._run(command, '--dry-run')[0])
            self.assertEqual([], self.connection.compute.calls)
        self.assertEqual(0, self._run('apply')[0])

    def test_record_of_another_cloud(self):
        self._run('apply')
        self.connection = fake_cloud.FakeConnection('http://other')
        code, _, err = self._run('undo')
        self.assertEqual(2, code)
        self.assertIn('name another with --record', err)

    def test_undo_stops_before_what_nova_would_refuse(self):
        self._run('apply')
        self.connection.compute.nodes['d1']['servers'] = [{'uuid': 'x'}]
        code, out, err = self._run('undo')
        self.assertEqual(1, code)
        self.assertIn('Host d1 cannot leave aggregate docker', err)
        self.assertEqual('Nothing is changed.\n', out)
        self.assertEqual({'docker', 'kvm'}, self._aggregates())

    def test_undo_says_what_is_left(self):
        self.connection.compute.create_aggregate(name='docker')
        self._run('apply')
        code, out, err = self._run('undo')
        self.assertEqual((1, {'docker'}), (code, self._aggregates()))
        self.assertIn('Nova takes no zone from an aggregate', err)
        self.assertIn('7 changes made.', out)

    def test_file_that_is_no_wish(self):
        for file, sentence in (
            (self._file('hosts: []'), 'hosts is not known'),
            (str(self.folder / 'none'), 'cannot be read'),
        ):
            for command in ('apply', 'check'):
                code, _, err = self._run(command, '--file', file)
                self.assertEqual(2, code)
                self.assertIn(sentence, err)
        self.assertEqual([], self.given)

    def test_file_that_is_no_yaml_is_said_in_a_line(self):
        code, _, err = self._run('apply', '--file', self._file('a: [\n'))
        self.assertEqual((2, 1), (code, err.count('\n')))
        self.assertIn('This is no YAML: while parsing', err)

    def test_cloud_that_does_not_answer(self):
        self.connection.placement.is_away = True
        code, out, err = self._run('apply')
        self.assertEqual((2, ''), (code, out))
        self.assertTrue(err.startswith('novadocker-zone: '), err)


class LookTestCase(ZoneTestCase):
    def test_check_finds_and_then_does_not(self):
        code, out, _ = self._run('check')
        self.assertEqual(1, code)
        self.assertIn('Not yet: + aggregate docker: host d1. Cure', out)
        self.assertRegex(out, r'\n\d+ off\.\n$')
        file = self._file(desired.USUAL.replace('images: []', 'images: all'))
        self._run('apply', '--file', file)
        self.assertEqual(
            (0, 'Nothing is off.\n', ''), self._run('check', '--file', file)
        )

    def test_explain_goes_through_all_hosts(self):
        self._run('apply', '--file', self._file('images: all'))
        code, out, _ = self._run('explain', 'web:1')
        self.assertEqual(0, code)
        self.assertIn('web:1 (i1) would land on d1:\n', out)
        self.assertIn('web:1 (i1) would not land on k1:\n', out)

    def test_hostile_image_is_shown_and_not_obeyed(self):
        """Its tenant chooses its name and its properties."""
        evil = '\x1b[2J\nNothing is off.'
        self.connection.image.add('i2', evil, img_hv_type=f'kvm{evil}')
        for words in (
            ('explain', 'i2'),
            ('check',),
            ('apply', '--file', self._file('images: all')),
            ('undo',),
        ):
            _, out, err = self._run(*words)
            self.assertNotIn('\x1b', out + err)
            self.assertNotIn('\nNothing is off.', out + err)
            self.assertIn('\\x1b[2J\\nNothing is off.', out + err)

    def test_failure_that_names_a_hostile_image(self):
        self.connection.image.add('i2', '\x1b\n')
        failure = exceptions.ConflictException('\x1bno.')
        self.patch(
            self.connection.image, 'patch', mock.Mock(side_effect=failure)
        )
        code, _, err = self._run('apply', '--file', self._file('images: [i2]'))
        self.assertEqual(1, code)
        self.assertIn('failed: \\x1bno. 0 of 2 changes are made', err)
        self.assertEqual(1, err.count('\n'))

    def test_explain_of_one_host(self):
        self._run('apply', '--file', self._file('images: all'))
        for words in (('--host', 'k1'), ('--zone', 'nova:k1')):
            code, out, _ = self._run('explain', 'i1', *words)
            self.assertEqual(1, code)
            self.assertNotIn('d1', out)
        self.assertIn('not asked: AZ:HOST', out)

    def test_explain_counts_what_a_flavor_takes(self):
        self.connection.compute.create_flavor(
            name='big', vcpus=99, ram=1, disk=1
        )
        code, out, _ = self._run('explain', 'i1', '--flavor', 'big')
        self.assertEqual(1, code)
        self.assertIn('99 VCPU are asked for', out)

    def test_explain_of_an_image_that_glance_hides(self):
        image_id = '7d4a51ea-9ac4-4f31-8f5a-9d6a6f1c2d11'
        self.connection.image.add(image_id, 'old', os_hidden=True)
        self.assertEqual(2, self._run('explain', 'old')[0])
        _, out, _ = self._run('explain', image_id)
        self.assertIn(f'old ({image_id}) would', out)

    def test_what_is_not_there(self):
        for words, sentence in (
            (('x',), 'no image x. A hidden one is found by its id'),
            (('i1', '--host', 'x'), 'no compute host x'),
            (('i1', '--zone', 'nova:x'), 'no compute host x'),
            (('i1', '--flavor', 'x'), 'no flavor x'),
        ):
            code, _, err = self._run('explain', *words)
            self.assertEqual(2, code)
            self.assertIn(sentence, err)

    def test_sample_is_what_is_used(self):
        code, out, _ = self._run('sample')
        self.assertEqual(0, code)
        self.assertEqual(desired.read(desired.USUAL), desired.read(out))

    def test_no_command_is_wrong_usage(self):
        err = self.assertRaises(SystemExit, self._run)
        self.assertEqual(2, err.code)
