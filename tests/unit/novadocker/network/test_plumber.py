"""What no switch is needed for: ports that cannot be plugged, and the fake."""

from unittest import mock

from nova import exception as nova_exception
import os_vif
from oslo_privsep import daemon as privsep_daemon
import testtools

from novadocker import exception
from novadocker.network import plan
from novadocker.network import plumber
from novadocker.network import switch
from novadocker.privsep import link
from novadocker.privsep import netns
from tests.contract import plumber_contract
from tests.fixtures import fake_network
from tests.fixtures import vif

# Another host may be able to plug it.
PER_HOST = nova_exception.VirtualInterfacePlugException
_UUID = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0'


class FakeContractTest(plumber_contract.PlumberContract, testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.plumber = fake_network.FakePlumber()

    def ports_of(self, instance):
        return set(self.plumber.plugged.get(instance.uuid, []))

    def addresses_of(self, instance, port):
        return set(self.plumber.addresses[port['id']])

    def has_netns(self, instance_uuid):
        return instance_uuid in self.plumber.netns

    def instance_of(self, container_id):
        return self.plumber.mapped.get(container_id)

    def has_carrier(self, instance, port):
        return port['id'] not in self.plumber.silent

    def break_port(self, port):
        self.plumber.broken.add(port['id'])


class FakeSwitch:
    """A switch with ports of every instance, or one that is away."""

    def __init__(self, *ports):
        self._ports = ports

    def ports_of(self, instance_uuid):
        if not self._ports:
            raise exception.SwitchUnreadable(reason='it is away')
        return list(self._ports)


class RefusalTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        # Nothing is to be touched: an entry point that is called is an error.
        for deed in ('create_veth', 'delete'):
            patcher = mock.patch.object(link, deed)
            setattr(self, deed, patcher.start())
            self.addCleanup(patcher.stop)
        self.plumber = plumber.Plumber('/run/nova-docker/netns', FakeSwitch())
        self.instance = vif.instance(_UUID)

    def _refusal(self, port, kind=exception.PortUnusable):
        raised = self.assertRaises(
            kind,
            self.plumber.plug_vif,
            self.instance,
            port,
            plan.nics([port])[0],
        )
        self.assertIs(kind, type(raised))
        self.assertIn(port['id'], str(raised))
        self.assertEqual(0, self.create_veth.call_count)
        return str(raised)

    def test_port_that_neutron_could_not_bind(self):
        refusal = self._refusal(vif.vif(kind='binding_failed'), PER_HOST)
        self.assertIn('openstack network agent list', refusal)

    def test_port_that_is_not_bound(self):
        refusal = self._refusal(vif.vif(kind='unbound'), PER_HOST)
        self.assertIn('the same value of host', refusal)

    def test_port_of_a_dpdk_switch(self):
        refusal = self._refusal(vif.vif(kind='vhostuser'), PER_HOST)
        self.assertIn('DPDK', refusal)

    def test_ports_that_are_not_made_for_containers(self):
        direct = {'vnic_type': 'direct', 'profile': {'pci_slot': '0:0:1.0'}}
        for port in (
            vif.vif(kind='bridge'),
            vif.vif(kind='dvs'),
            vif.vif(kind='macvtap'),
            vif.vif(kind='no-such-type'),
            vif.vif(kind='vrouter'),
            vif.vif(**direct),
            vif.vif(kind='hw_veb', vnic_type='direct'),
            vif.vif(vnic_type='accelerator-direct'),
            vif.vif(vnic_type='vdpa'),
        ):
            self._refusal(port)

    def test_refusals_fit_into_a_fault(self):
        for kind in ('binding_failed', 'unbound', 'vhostuser'):
            refusal = self._refusal(vif.vif(kind=kind), PER_HOST)
            self.assertLess(len(refusal), 256)
        # Nova puts "Build of instance ... aborted: " before this one.
        refusal = self._refusal(vif.vif(kind='dvs'))
        self.assertLess(len(refusal), 256 - 64)

    def test_unplugging_such_a_port_deletes_its_device(self):
        port = vif.vif(kind='binding_failed')
        self.plumber.unplug(self.instance, [port])
        self.delete.assert_called_once_with(port['devname'])


class FailureTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.plumber = plumber.Plumber('/run/nova-docker/netns', FakeSwitch())
        self.instance = vif.instance(_UUID)

    def test_helper_that_cannot_be_started_is_reported(self):
        error = privsep_daemon.FailedToDropPrivileges('sudo says no')
        with mock.patch.object(netns, 'create', side_effect=error):
            raised = self.assertRaises(
                nova_exception.VirtualInterfacePlugException,
                self.plumber.plug,
                self.instance,
                [],
                (),
            )
        self.assertIn('sudo says no', str(raised))

    def test_reason_of_os_vif_is_not_lost_behind_the_vif(self):
        port = vif.vif()
        error = os_vif.exception.PlugException(vif='x' * 500, err='no switch')
        with (
            mock.patch.object(link, 'create_veth', return_value=False),
            mock.patch.object(os_vif, 'plug', side_effect=error),
        ):
            raised = self.assertRaises(
                nova_exception.VirtualInterfacePlugException,
                self.plumber.plug_vif,
                self.instance,
                port,
                plan.nics([port])[0],
            )
        self.assertEqual(
            f'Port {port["id"]} cannot be plugged: no switch', str(raised)
        )

    def test_switch_that_is_away_may_have_more_ports(self):
        raised = self.assertRaises(
            nova_exception.VirtualInterfaceUnplugException,
            self.plumber.unplug_rest,
            self.instance,
        )
        self.assertIn('it is away', str(raised))

    def test_port_that_nova_has_forgotten_and_nobody_can_unplug(self):
        port = switch.SwitchPort(_UUID, 'tap0f1e2d3c-4b', 'br-int')
        error = os_vif.exception.UnplugException(vif='x', err='no switch')
        with mock.patch.object(os_vif, 'unplug', side_effect=error):
            raised = self.assertRaises(
                nova_exception.VirtualInterfaceUnplugException,
                plumber.Plumber('/m', FakeSwitch(port)).unplug_rest,
                self.instance,
            )
        self.assertIn('no switch', str(raised))
