"""Ports that come, go and change while a server is there."""

import pathlib
from unittest import mock

from nova import exception as nova_exception

from novadocker import exception
from novadocker.ops import interfaces
from novadocker.ops import power
from tests.fixtures import vif
from tests.unit.novadocker.ops import stories


class InterfacesTestCase(stories.StoryTestCase):
    def setUp(self):
        super().setUp()
        self.more = vif.vif(
            vif.subnet('10.1.0.0/24', '10.1.0.5', dns=('192.0.2.53',)),
            mac='fa:16:3e:00:00:02',
        )

    def attach(self):
        interfaces.attach(
            self.tools, self.instance, self.view, self.more, self.ports
        )

    def detach(self, port):
        rest = [each for each in (*self.ports, self.more) if each != port]
        interfaces.detach(self.tools, self.instance, self.view, port, rest)

    def refresh(self):
        interfaces.refresh(
            self.tools, self.instance, self.view, [*self.ports, self.more]
        )

    def plugged(self):
        return self.plumber.plugged[self.uuid]

    def names(self, file):
        return pathlib.Path(self.instances, self.uuid, file).read_text()

    def stop(self):
        power.power_off(self.tools, self.instance, timeout_s=0)

    def pause(self):
        power.pause(self.tools, self.instance)

    def reboot_host(self):
        self.stop()
        self.plumber.remove_netns(self.uuid)

    def ids(self, *ports):
        return [each['id'] for each in ports]


class AttachTest(InterfacesTestCase):
    def test_port_is_plugged_in_every_state(self):
        self.boot()
        both = self.ids(*self.ports, self.more)
        for prepare in (lambda: None, self.stop, self.reboot_host):
            prepare()
            self.attach()
            self.assertEqual(both, self.plugged())
            self.plumber.unplug_vif(self.instance, self.more)

    def test_names_are_those_of_all_ports(self):
        self.boot()
        self.attach()
        self.assertIn('192.0.2.53', self.names('resolv.conf'))
        self.assertIn('10.0.0.5 web', self.names('hosts'))

    def test_port_that_fails_leaves_the_server_as_it_was(self):
        self.boot()
        before = self.names('resolv.conf')
        self.plumber.broken.add(self.more['id'])
        for prepare in (lambda: None, self.stop):
            prepare()
            self.assertRaises(
                nova_exception.VirtualInterfacePlugException, self.attach
            )
            self.assertEqual(self.ids(*self.ports), self.plugged())
            self.assertEqual(before, self.names('resolv.conf'))

    def test_names_that_cannot_be_written_fail_it_in_novas_words(self):
        self.boot()
        error = OSError(28, 'No space left on device')
        with mock.patch.object(
            interfaces.names, 'write', autospec=True, side_effect=error
        ):
            raised = self.assertRaises(
                nova_exception.InterfaceAttachFailed, self.attach
            )
        self.assertIn('No space left', str(raised))
        self.assertEqual(self.ids(*self.ports), self.plugged())

    def test_running_server_without_a_namespace_gets_no_new_one(self):
        self.boot()
        self.plumber.remove_netns(self.uuid)
        self.assertRaises(
            nova_exception.VirtualInterfacePlugException, self.attach
        )
        self.assertEqual(set(), self.plumber.netns)

    def test_server_without_a_container_gets_nothing(self):
        self.assertRaises(exception.ContainerNotFound, self.attach)
        self.assert_nothing_left()

    def test_port_of_a_server_that_stands_still_is_silent(self):
        self.boot()
        self.pause()
        self.attach()
        both = {*self.ids(*self.ports, self.more)}
        self.assertEqual(both, self.plumber.silent)
        self.detach(self.more)
        self.stop()
        self.attach()
        self.assertEqual(both, self.plumber.silent)


class DetachTest(InterfacesTestCase):
    def setUp(self):
        super().setUp()
        self.boot()
        self.attach()

    def test_port_is_unplugged_in_every_state(self):
        for prepare in (lambda: None, self.stop, self.reboot_host):
            prepare()
            self.detach(self.more)
            self.assertNotIn(
                self.more['id'], self.plumber.plugged.get(self.uuid, [])
            )
            self.detach(self.more)

    def test_names_are_those_of_the_ports_that_are_left(self):
        self.detach(self.ports[0])
        self.assertIn('10.1.0.5 web', self.names('hosts'))
        self.assertNotIn('10.0.0.5', self.names('hosts'))

    def test_name_servers_of_the_port_go_with_it(self):
        self.detach(self.more)
        self.assertNotIn('192.0.2.53', self.names('resolv.conf'))

    def test_what_is_left_and_broken_does_not_keep_the_port(self):
        self.plumber.unplug_vif(self.instance, self.ports[0])
        self.detach(self.more)
        self.assertEqual([], self.plugged())
        self.assertIn('a hard reboot will', self.log.output)

    def test_port_that_stays_plugged_is_reported(self):
        error = nova_exception.VirtualInterfaceUnplugException(reason='x')
        self.plumber.unplug_vif = mock.Mock(side_effect=error)
        self.assertRaises(
            nova_exception.VirtualInterfaceUnplugException,
            self.detach,
            self.more,
        )
        self.assertIn('192.0.2.53', self.names('resolv.conf'))

    def test_server_without_a_container_loses_its_port(self):
        self.engine.remove(self.found().id, force=True)
        self.detach(self.more)
        self.assertEqual(self.ids(*self.ports), self.plugged())


class RefreshTest(InterfacesTestCase):
    def _move(self):
        self.ports[0]['network']['subnets'] = [
            vif.subnet('10.7.0.0/24', '10.7.0.5', dns=('192.0.2.7',))
        ]

    def test_running_server_has_the_new_addresses(self):
        self.boot()
        self.attach()
        self._move()
        self.refresh()
        self.assertEqual(
            ('10.7.0.5/24',), self.plumber.addresses[self.ports[0]['id']]
        )
        self.assertIn('10.7.0.5 web', self.names('hosts'))
        self.assertIn('192.0.2.7', self.names('resolv.conf'))

    def test_stopped_server_has_them_when_it_starts(self):
        self.boot()
        self.reboot_host()
        self._move()
        self.refresh()
        self.assertIn('10.7.0.5 web', self.names('hosts'))
        power.power_on(self.tools, self.instance, self.view, self.ports)
        self.assertEqual(
            ('10.7.0.5/24',), self.plumber.addresses[self.ports[0]['id']]
        )

    def test_port_that_is_not_plugged_is_reported(self):
        self.boot()
        self.assertRaises(
            nova_exception.VirtualInterfacePlugException, self.refresh
        )

    def test_server_without_a_container_has_no_addresses(self):
        self.assertRaises(exception.ContainerNotFound, self.refresh)
        self.assert_nothing_left()


class RepairTest(InterfacesTestCase):
    def test_port_that_was_lost_comes_back(self):
        self.boot()
        self.plumber.unplug(self.instance, self.ports)
        for _ in range(2):
            interfaces.repair(self.tools, self.instance, self.ports)
            self.assertEqual(self.ids(*self.ports), self.plugged())

    def test_server_that_stands_still_stays_silent(self):
        self.boot()
        for stand_still in (self.pause, self.stop):
            stand_still()
            self.plumber.silent.clear()
            interfaces.repair(self.tools, self.instance, self.ports)
            self.assertEqual({*self.ids(*self.ports)}, self.plumber.silent)

    def test_server_of_which_nothing_is_known_has_its_ports(self):
        self.boot()
        self.engine.is_available = False
        self.plumber.unplug(self.instance, self.ports)
        interfaces.repair(self.tools, self.instance, self.ports)
        self.assertEqual(self.ids(*self.ports), self.plugged())
        self.assertEqual(set(), self.plumber.silent)
