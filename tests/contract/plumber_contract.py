"""What the driver may expect of a plumber, real or fake.

A user of this mixin sets ``plumber`` and says what it sees: ``ports_of``,
``addresses_of``, ``has_netns``, ``instance_of``, ``break_port`` and
``has_carrier``.
"""

import uuid

from nova import exception as nova_exception

from novadocker.network import plan
from tests.fixtures import vif

_CONTAINER = '0123456789abcdef' * 4
_OTHER_CONTAINER = 'd' * 64


class PlumberContract:
    def _two_ports(self):
        return [
            vif.vif(vif.subnet('10.0.0.0/24', '10.0.0.5')),
            vif.vif(
                vif.subnet('10.0.1.0/24', '10.0.1.5'), mac='fa:16:3e:00:00:02'
            ),
        ]

    def _instance(self):
        instance = vif.instance(str(uuid.uuid4()))
        self.addCleanup(self.plumber.remove_netns, instance.uuid)
        return instance

    def test_plug_makes_a_netns_with_all_ports(self):
        instance, ports = self._instance(), self._two_ports()
        self.plumber.plug(instance, ports, plan.nics(ports))
        self.assertTrue(self.has_netns(instance.uuid))
        self.assertEqual({p['id'] for p in ports}, self.ports_of(instance))

    def test_plug_again_changes_nothing(self):
        instance, ports = self._instance(), self._two_ports()
        for _ in range(2):
            self.plumber.plug(instance, ports, plan.nics(ports))
        self.assertEqual({p['id'] for p in ports}, self.ports_of(instance))

    def test_plug_without_ports_makes_a_netns(self):
        instance = self._instance()
        self.plumber.plug(instance, [], ())
        self.assertTrue(self.has_netns(instance.uuid))

    def test_ports_that_nova_has_forgotten_are_unplugged(self):
        instance, ports = self._instance(), self._two_ports()
        other = self._instance()
        others = [vif.vif(mac='fa:16:3e:00:00:03')]
        self.plumber.plug(instance, ports, plan.nics(ports))
        self.plumber.plug(other, others, plan.nics(others))
        for _ in range(2):
            self.plumber.unplug_rest(instance)
            self.assertEqual(set(), self.ports_of(instance))
        self.assertEqual({others[0]['id']}, self.ports_of(other))
        self.plumber.unplug(other, others)

    def test_port_that_fails_leaves_nothing(self):
        instance, ports = self._instance(), self._two_ports()
        self.break_port(ports[1])
        self.assertRaises(
            nova_exception.VirtualInterfacePlugException,
            self.plumber.plug,
            instance,
            ports,
            plan.nics(ports),
        )
        self.assertFalse(self.has_netns(instance.uuid))
        self.assertEqual(set(), self.ports_of(instance))

    def test_port_that_fails_leaves_what_was_there(self):
        instance, ports = self._instance(), self._two_ports()
        nics = plan.nics(ports)
        self.plumber.plug(instance, ports[:1], nics[:1])
        self.break_port(ports[1])
        self.assertRaises(
            nova_exception.VirtualInterfacePlugException,
            self.plumber.plug,
            instance,
            ports,
            nics,
        )
        self.assertTrue(self.has_netns(instance.uuid))
        self.assertEqual({ports[0]['id']}, self.ports_of(instance))

    def test_plug_vif_adds_to_a_netns(self):
        instance, ports = self._instance(), self._two_ports()
        nics = plan.nics(ports)
        self.plumber.plug(instance, ports[:1], nics[:1])
        self.plumber.plug_vif(instance, ports[1], nics[1])
        self.assertEqual({p['id'] for p in ports}, self.ports_of(instance))

    def test_plug_vif_without_a_netns_is_refused(self):
        instance, ports = self._instance(), self._two_ports()
        self.assertRaises(
            nova_exception.VirtualInterfacePlugException,
            self.plumber.plug_vif,
            instance,
            ports[0],
            plan.nics(ports)[0],
        )
        self.assertEqual(set(), self.ports_of(instance))

    def test_configure_gives_a_port_the_addresses_that_it_has_now(self):
        instance, ports = self._instance(), self._two_ports()
        self.plumber.plug(instance, ports, plan.nics(ports))
        subnet = vif.subnet('10.0.0.0/24', '10.0.0.5', '10.0.0.6')
        for ips in (['10.0.0.5', '10.0.0.6'], ['10.0.0.6']):
            subnet['ips'] = [{'address': each} for each in ips]
            ports[0]['network']['subnets'] = [subnet]
            self.plumber.configure(instance, plan.nics(ports))
            self.assertEqual(
                {f'{each}/24' for each in ips},
                self.addresses_of(instance, ports[0]),
            )
        self.assertEqual(
            {'10.0.1.5/24'}, self.addresses_of(instance, ports[1])
        )

    def test_port_that_is_not_plugged_cannot_be_configured(self):
        instance, ports = self._instance(), self._two_ports()
        self.plumber.plug(instance, ports[:1], plan.nics(ports[:1]))
        raised = self.assertRaises(
            nova_exception.VirtualInterfacePlugException,
            self.plumber.configure,
            instance,
            plan.nics(ports),
        )
        self.assertIn(ports[1]['id'], str(raised))

    def test_announcing_changes_nothing_and_what_is_missing_is_fine(self):
        instance, ports = self._instance(), self._two_ports()
        self.plumber.announce(instance)
        self.plumber.plug(instance, ports, plan.nics(ports))
        self.plumber.announce(instance)
        self.assertEqual({p['id'] for p in ports}, self.ports_of(instance))

    def _carriers(self, instance, ports):
        return [self.has_carrier(instance, port) for port in ports]

    def test_all_ports_lose_their_carrier_and_get_it_back(self):
        (one, other), ports = (self._instance(), self._instance()), []
        for instance in (one, other):
            ports = self._two_ports()
            self.plumber.plug(instance, ports, plan.nics(ports))
        # Of the one whose ports these are; nothing is done to the first.
        for is_on in (False, False, True, True):
            self.plumber.set_carrier(other, is_on=is_on)
            self.assertEqual([is_on] * 2, self._carriers(other, ports))
            self.assertEqual(
                {'10.0.0.5/24'}, self.addresses_of(other, ports[0])
            )
        self.plumber.set_carrier(one, is_on=False)
        self.assertEqual([True] * 2, self._carriers(other, ports))

    def test_plugging_gives_the_carrier_back(self):
        instance, ports = self._instance(), self._two_ports()
        self.plumber.plug(instance, ports, plan.nics(ports))
        self.plumber.set_carrier(instance, is_on=False)
        self.plumber.plug(instance, ports, plan.nics(ports))
        self.assertEqual([True] * 2, self._carriers(instance, ports))

    def test_instance_without_a_netns_has_no_carrier_to_lose(self):
        instance = self._instance()
        self.plumber.set_carrier(instance, is_on=False)
        self.assertRaises(
            nova_exception.VirtualInterfacePlugException,
            self.plumber.set_carrier,
            instance,
            is_on=True,
        )

    def test_unplug_leaves_the_netns_without_ports(self):
        instance, ports = self._instance(), self._two_ports()
        self.plumber.plug(instance, ports, plan.nics(ports))
        self.plumber.unplug(instance, ports)
        self.assertEqual(set(), self.ports_of(instance))
        self.assertTrue(self.has_netns(instance.uuid))

    def test_unplug_vif_takes_one_port(self):
        instance, ports = self._instance(), self._two_ports()
        self.plumber.plug(instance, ports, plan.nics(ports))
        self.plumber.unplug_vif(instance, ports[0])
        self.assertEqual({ports[1]['id']}, self.ports_of(instance))

    def test_removing_what_is_missing_is_fine(self):
        instance, ports = self._instance(), self._two_ports()
        self.plumber.unplug(instance, ports)
        self.plumber.remove_netns(instance.uuid)
        self.plumber.unmap(_CONTAINER)
        self.assertFalse(self.has_netns(instance.uuid))

    def test_what_is_there_is_listed(self):
        instance, ports = self._instance(), self._two_ports()
        self.plumber.plug(instance, ports, plan.nics(ports))
        self.plumber.map(_CONTAINER, instance.uuid)
        self.assertIn(instance.uuid, self.plumber.instances())
        self.assertEqual({_CONTAINER}, self.plumber.mapped_containers())
        self.plumber.remove_netns(instance.uuid)
        self.plumber.unmap(_CONTAINER)
        self.assertNotIn(instance.uuid, self.plumber.instances())
        self.assertEqual(set(), self.plumber.mapped_containers())

    def test_map_names_the_instance_of_a_container(self):
        instance = self._instance()
        self.plumber.map(_CONTAINER, instance.uuid)
        self.assertEqual(instance.uuid, self.instance_of(_CONTAINER))
        self.plumber.unmap(_CONTAINER)
        self.assertIsNone(self.instance_of(_CONTAINER))

    def test_map_of_a_rescue_names_the_same_instance(self):
        instance = self._instance()
        self.plumber.map(_CONTAINER, instance.uuid, _OTHER_CONTAINER)
        self.assertEqual(instance.uuid, self.instance_of(_CONTAINER))
        self.assertIsNone(self.instance_of(_OTHER_CONTAINER))
        found = self.plumber.unmap_instance(instance.uuid)
        self.assertEqual((_CONTAINER,), found)

    def test_all_containers_of_an_instance_are_unmapped(self):
        instance, other = self._instance(), self._instance()
        self.plumber.map(_CONTAINER, instance.uuid)
        self.plumber.map(_OTHER_CONTAINER, other.uuid)
        for ids in ((_CONTAINER,), ()):
            found = self.plumber.unmap_instance(instance.uuid)
            self.assertEqual(ids, found)
        self.assertIsNone(self.instance_of(_CONTAINER))
        self.assertEqual(other.uuid, self.instance_of(_OTHER_CONTAINER))
