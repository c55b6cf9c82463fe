"""An instance's ports on a switch of its own."""

from nova import conf as nova_conf
import pyroute2
import testtools

from novadocker.network import plan
from novadocker.network import plumber
from novadocker.network import switch
from novadocker.privsep import netns as privsep_netns
from tests.fixtures import netns
from tests.fixtures import ovs
from tests.fixtures import vif

SUBNET = '10.0.0.0/24'
OWN_DEVICES = {'lo', 'ovs-netdev', 'br-int'}


class PlumberTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.switch = self.useFixture(ovs.OpenVSwitch())
        folder = self.useFixture(netns.RunFolder())
        self.map_dir = f'{folder.path}/netns'
        self.plumber = plumber.Plumber(
            self.map_dir, switch.Switch(lambda: nova_conf.CONF.os_vif_ovs)
        )

    def instance(self, *ports):
        """Plug an instance and give it with its namespace."""
        namespace = self.useFixture(netns.Namespace(made=False))
        instance = vif.instance(namespace.uuid)
        self.plumber.plug(instance, ports, plan.nics(ports))
        self.switch.wait_for_ports()
        return instance, namespace

    def assert_nothing_left(self, instance):
        self.assertEqual([], self.switch.ports())
        self.assertNotIn(f'nova-{instance.uuid}', privsep_netns.names())
        # The kernel takes down a namespace, and devices in it, later.
        netns.wait_until(
            lambda: devices() <= OWN_DEVICES, 'the end of all devices'
        )


def devices():
    with pyroute2.IPRoute() as ip:
        return {each.get_attr('IFLA_IFNAME') for each in ip.get_links()}


def addresses():
    with pyroute2.IPRoute() as ip:
        return {
            f'{each.get_attr("IFA_ADDRESS")}/{each["prefixlen"]}'
            for each in ip.get_addr()
        }
