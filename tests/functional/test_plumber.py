"""Ports on a real switch, between real namespaces: made, mended, removed."""

import contextlib
import re
from unittest import mock

from nova import exception as nova_exception
import os_vif
import pyroute2

from novadocker import exception
from novadocker.network import plan
from novadocker.network import plumber
from novadocker.privsep import interface
from novadocker.privsep import link
from novadocker.privsep import netns as privsep_netns
from novadocker.privsep import runtime_map
from tests.contract import plumber_contract
from tests.fixtures import netns
from tests.fixtures import ovs
from tests.fixtures import vif
from tests.functional import plumbing


@ovs.needs_ovs
class ContractTest(plumber_contract.PlumberContract, plumbing.PlumberTestCase):
    def ports_of(self, instance):
        external_ids = self.switch.vsctl(
            *('--bare', '--columns=external_ids', 'find', 'Interface'),
            f'external_ids:vm-uuid={instance.uuid}',
        )
        return set(re.findall(r'iface-id=(\S+)', external_ids))

    def addresses_of(self, instance, port):
        with privsep_netns.opened(f'nova-{instance.uuid}') as fd:
            return privsep_netns.run_inside(fd, _addresses_of, port['address'])

    def has_netns(self, instance_uuid):
        return f'nova-{instance_uuid}' in privsep_netns.names()

    def instance_of(self, container_id):
        if container_id in runtime_map.container_ids(self.map_dir):
            name = runtime_map.read(self.map_dir, container_id)
            return name.removeprefix('nova-')
        return None

    def has_carrier(self, instance, port):
        with privsep_netns.opened(f'nova-{instance.uuid}') as fd:
            return privsep_netns.run_inside(fd, _has_carrier, port['address'])

    def break_port(self, port):
        # A stranger's device has the name of the port.
        with pyroute2.IPRoute() as ip:
            ip.link('add', ifname=port['devname'], kind='bridge')


@ovs.needs_ovs
class RepairTest(plumbing.PlumberTestCase):
    def test_lost_switch_port_comes_back(self):
        port = vif.vif(vif.subnet(plumbing.SUBNET, '10.0.0.5'))
        instance, _ = self.instance(port)
        self.switch.vsctl('del-port', port['devname'])
        self.plumber.plug(instance, [port], plan.nics([port]))
        self.assertEqual([port['devname']], self.switch.ports())

    def test_lost_namespace_comes_back(self):
        port = vif.vif(vif.subnet(plumbing.SUBNET, '10.0.0.5'))
        instance, namespace = self.instance(port)
        privsep_netns.delete(namespace.name)
        netns.wait_until(
            lambda: port['devname'] not in plumbing.devices(),
            'the end of the device',
        )
        self.plumber.plug(instance, [port], plan.nics([port]))
        self.assertIn('10.0.0.5/24', namespace.run(plumbing.addresses))

    def test_repair_that_fails_takes_nothing_away(self):
        port = vif.vif(vif.subnet(plumbing.SUBNET, '10.0.0.5'))
        instance, namespace = self.instance(port)
        with _failing(interface, 'configure'):
            self.assertRaises(
                nova_exception.VirtualInterfacePlugException,
                self.plumber.plug,
                instance,
                [port],
                plan.nics([port]),
            )
        self.assertEqual([port['devname']], self.switch.ports())
        self.assertIn('10.0.0.5/24', namespace.run(plumbing.addresses))

    def test_port_keeps_its_name_when_one_before_it_was_detached(self):
        ports = [vif.vif(mac=f'fa:16:3e:00:00:0{n}') for n in range(3)]
        instance, namespace = self.instance(*ports[:2])
        self.plumber.unplug_vif(instance, ports[0])
        rest = ports[1:]
        self.plumber.plug(instance, rest, plan.nics(rest))
        self.assertEqual(
            {'eth1': ports[1]['address'], 'eth0': ports[2]['address']},
            namespace.run(_macs),
        )


@ovs.needs_ovs
class UndoTest(plumbing.PlumberTestCase):
    def _assert_undone(self, port, *, calls_before=0):
        instance = vif.instance(self.useFixture(netns.Namespace()).uuid)
        self.plumber.remove_netns(instance.uuid)
        ports = [vif.vif(mac='fa:16:3e:00:00:01'), port]
        raised = self.assertRaises(
            nova_exception.VirtualInterfacePlugException,
            self.plumber.plug,
            instance,
            ports[1 - calls_before :],
            plan.nics(ports[1 - calls_before :]),
        )
        self.assertIn(port['id'], str(raised))
        self.assert_nothing_left(instance)

    def test_veth_that_fails_leaves_nothing(self):
        with _failing(link, 'create_veth'):
            self._assert_undone(vif.vif())

    def test_switch_that_fails_leaves_nothing(self):
        error = os_vif.exception.PlugException(vif='…', err='no switch')
        with mock.patch.object(os_vif, 'plug', autospec=True) as plug:
            plug.side_effect = error
            self._assert_undone(vif.vif())

    def test_switch_whose_answer_is_lost_leaves_nothing(self):
        real = os_vif.plug

        def plug(*args):
            real(*args)
            raise os_vif.exception.PlugException(vif='…', err='no answer')

        with mock.patch.object(os_vif, 'plug', autospec=True) as patched:
            patched.side_effect = plug
            self._assert_undone(vif.vif())

    def test_hybrid_bridge_that_fails_leaves_nothing(self):
        details = {'datapath_type': 'netdev', 'ovs_hybrid_plug': True}
        with _failing(link, 'enslave'):
            self._assert_undone(vif.vif(details=details))

    def test_configuration_that_fails_leaves_nothing(self):
        with _failing(interface, 'configure'):
            self._assert_undone(vif.vif())

    def test_second_port_that_fails_takes_the_first_with_it(self):
        with _failing(interface, 'configure', calls_before=1):
            port = vif.vif(mac='fa:16:3e:00:00:02')
            self._assert_undone(port, calls_before=1)

    def test_first_failure_is_reported_when_undoing_fails_too(self):
        with (
            _failing(interface, 'configure'),
            _failing(link, 'delete'),
            mock.patch.object(plumber.LOG, 'exception') as logged,
        ):
            self._assert_undone(vif.vif())
        self.assertEqual(1, logged.call_count)


@ovs.needs_ovs
class UnplugTest(plumbing.PlumberTestCase):
    def test_unplug_and_remove_leave_nothing(self):
        ports = [vif.vif(), vif.vif(mac='fa:16:3e:00:00:02')]
        instance, _ = self.instance(*ports)
        self.plumber.unplug(instance, ports)
        self.plumber.remove_netns(instance.uuid)
        self.assert_nothing_left(instance)

    def test_port_that_is_no_longer_bound_loses_its_device(self):
        port = vif.vif()
        instance, _ = self.instance(port)
        self.plumber.unplug_vif(instance, {**port, 'type': 'unbound'})
        self.assertNotIn(port['devname'], plumbing.devices())

    def test_switch_that_fails_keeps_no_device_and_is_reported(self):
        ports = [vif.vif(), vif.vif(mac='fa:16:3e:00:00:02')]
        instance, _ = self.instance(*ports)
        error = os_vif.exception.UnplugException(vif='…', err='no switch')
        with mock.patch.object(os_vif, 'unplug', autospec=True) as unplug:
            unplug.side_effect = error
            raised = self.assertRaises(
                nova_exception.VirtualInterfaceUnplugException,
                self.plumber.unplug,
                instance,
                ports,
            )
        self.assertIn('no switch', str(raised))
        self.assertEqual(plumbing.OWN_DEVICES, plumbing.devices())


@contextlib.contextmanager
def _failing(module, name, *, calls_before=0):
    """Let an entry point fail from some call on."""
    real, calls = getattr(module, name), []

    def deed(*args, **kwargs):
        calls.append(args)
        if len(calls) > calls_before:
            raise exception.LinkFailed(device=args[0], reason='a test')
        return real(*args, **kwargs)

    with mock.patch.object(module, name, side_effect=deed):
        yield


def _addresses_of(mac):
    with pyroute2.IPRoute() as ip:
        index = _link_of(ip, mac)['index']
        return {
            f'{each.get_attr("IFA_ADDRESS")}/{each["prefixlen"]}'
            for each in ip.get_addr(index=index)
        }


def _has_carrier(mac):
    with pyroute2.IPRoute() as ip:
        return bool(_link_of(ip, mac).get_attr('IFLA_CARRIER'))


def _link_of(ip, mac):
    (found,) = [
        each for each in ip.get_links() if each.get_attr('IFLA_ADDRESS') == mac
    ]
    return found


def _macs():
    with pyroute2.IPRoute() as ip:
        return {
            each.get_attr('IFLA_IFNAME'): each.get_attr('IFLA_ADDRESS')
            for each in ip.get_links()
            if each.get_attr('IFLA_IFNAME') != 'lo'
        }
