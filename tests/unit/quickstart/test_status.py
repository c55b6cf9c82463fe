"""What is said of each service."""

import io
import json
import os
import pathlib

import fixtures
import testtools

from deploy.quickstart import home as home_module
from deploy.quickstart import service
from deploy.quickstart import status
from deploy.quickstart import supervise
from tests.unit.quickstart import journal

STOPPED = {'statename': 'STOPPED', 'pid': 0}


def _service(**wanted):
    return service.Service('it', service.Tier.BASE, ('/bin/it',), **wanted)


class RowTestCase(testtools.TestCase):
    def test_stopped_one(self):
        found = status.row(_service(port=5000), STOPPED)
        self.assertFalse(found.is_well)
        self.assertIsNone(found.pid)
        self.assertEqual('198.51.100.1:5000', found.listens)
        self.assertEqual(0, found.memory_mb)

    def test_running_one_has_a_pid_and_memory(self):
        found = status.row(
            _service(), {'statename': 'RUNNING', 'pid': os.getpid()}
        )
        self.assertTrue(found.is_well)
        self.assertEqual(os.getpid(), found.pid)
        self.assertGreater(found.memory_mb, 0)
        self.assertEqual('', found.listens)

    def test_running_one_that_does_not_answer_is_not_well(self):
        found = status.row(
            _service(socket='/no/such/socket'),
            {'statename': 'RUNNING', 'pid': 0},
        )
        self.assertFalse(found.is_well)
        self.assertEqual('/no/such/socket', found.listens)


class MemoryTestCase(testtools.TestCase):
    def test_process_that_ended_meanwhile_has_none(self):
        self.assertEqual(0, status.memory_mb(2**22 + 1))

    def test_kernel_that_does_not_say(self):
        path = pathlib.Path(self.useFixture(fixtures.TempDir()).path, 'x')
        path.write_text('Rss: 7 kB\n')
        self.assertEqual(0, status._pss_kib(path))
        path.write_text('Rss: 7 kB\nPss: 5 kB\n')
        self.assertEqual(5, status._pss_kib(path))


class RowsTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.home = home_module.Home(folder)
        node = home_module.Node('a', 'fake', 0)
        self.state = home_module.State('ovs', nodes=(node,))
        self.supervisor = journal.Supervisor([], {'nova-conductor'})
        self.patch(supervise, 'Supervisor', lambda home: self.supervisor)

    def _states(self):
        rows = status.rows(self.home, self.state)
        return {row.name: row.state for row in rows}

    def test_all_services_are_listed_also_those_of_nodes(self):
        found = self._states()
        self.assertEqual('RUNNING', found['nova-conductor'])
        self.assertEqual('STOPPED', found['keystone'])
        self.assertEqual('STOPPED', found['a.nova-compute'])

    def test_cloud_that_is_down(self):
        self.supervisor.is_up = False
        self.assertEqual({'STOPPED'}, set(self._states().values()))


class ShowTestCase(testtools.TestCase):
    ROWS = (
        status.Row('well', 'RUNNING', True, 7, '198.51.100.1:80', 3),
        status.Row('ill', 'FATAL', False, None, '/run/x/its.sock', 0),
    )

    def _shown(self, is_json):
        stdout = io.StringIO()
        self.useFixture(fixtures.MonkeyPatch('sys.stdout', stdout))
        status.show(self.ROWS, is_json)
        return stdout.getvalue()

    def test_json_is_for_programs(self):
        found = json.loads(self._shown(is_json=True))
        self.assertEqual([7, None], [row['pid'] for row in found])
        self.assertEqual([True, False], [row['is_well'] for row in found])

    def test_table_says_who_is_ill_and_what_it_takes(self):
        lines = self._shown(is_json=False).splitlines()
        self.assertIn('ok', lines[1])
        self.assertIn('fatal', lines[2])
        self.assertIn('its.sock', lines[2])
        self.assertNotIn('/run/x', lines[2])
        self.assertEqual(['together', '3'], lines[3].split())
