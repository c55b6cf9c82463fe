"""Names and numbers of nodes."""

import socket
from unittest import mock

import testtools

from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import node

FIRST = home_module.Node('first', 'docker', 0)
STATE = home_module.State('ovs', nodes=(FIRST,))


class NewTestCase(testtools.TestCase):
    def test_numbers_are_taken_once(self):
        second = node.new(STATE, 'second', 'fake')
        self.assertEqual(1, second.index)

    def test_number_of_a_removed_one_is_free_again(self):
        state = STATE.with_node(node.new(STATE, 'second', 'docker'))
        third = node.new(state.without_node(FIRST), 'third', 'docker')
        self.assertEqual(0, third.index)

    def test_known_one_is_given_back(self):
        self.assertEqual(FIRST, node.new(STATE, 'first', 'docker'))

    def test_known_one_of_another_driver_is_refused(self):
        self._refused(STATE, 'first', 'fake')

    def test_names_that_do_not_do(self):
        for name in ('', 'A', '1st', 'a/b', 'a.b', socket.gethostname()):
            self._refused(STATE, name, 'docker')

    def test_ovn_has_no_nodes(self):
        self._refused(home_module.State('ovn'), 'second', 'docker')

    def _refused(self, state, name, driver):
        self.assertRaises(
            exception.PreconditionMissing, node.new, state, name, driver
        )


class RequireEmptyTestCase(testtools.TestCase):
    def test_servers_are_named(self):
        server = mock.Mock()
        server.name = 'web'
        admin = mock.Mock()
        admin.compute.servers.return_value = [server]
        err = self.assertRaises(
            exception.OperationFailed, node.require_empty, admin, FIRST
        )
        self.assertIn('web', str(err))

    def test_empty_one_may_go(self):
        admin = mock.Mock()
        admin.compute.servers.return_value = []
        node.require_empty(admin, FIRST)
