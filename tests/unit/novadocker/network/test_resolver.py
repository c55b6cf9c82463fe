"""Ports of Nova in, files of the resolver out."""

import testtools

from novadocker import model
from novadocker.network import resolver
from tests.fixtures import vif


def _names(**more):
    wanted = {
        'hostname': 'memcached',
        'domain': 'novalocal',
        'nameservers': ('10.0.0.2',),
        'addresses': ('10.0.0.5', 'fd00::5'),
    }
    return model.Resolver(**wanted | more)


class ResolverTest(testtools.TestCase):
    def test_name_servers_in_order_and_once(self):
        network_info = [
            vif.vif(vif.subnet('10.0.0.0/24', dns=('192.0.2.1', '192.0.2.2'))),
            vif.vif(vif.subnet('10.1.0.0/24', dns=('192.0.2.2', '192.0.2.3'))),
        ]
        self.assertEqual(
            ('192.0.2.1', '192.0.2.2', '192.0.2.3'),
            resolver.resolver('h', 'd', network_info).nameservers,
        )

    def test_subnet_without_name_servers_is_served_by_dhcp(self):
        port = vif.vif(
            vif.subnet('10.0.0.0/24', dhcp_server='10.0.0.2'),
            vif.subnet('10.1.0.0/24'),
            vif.subnet(
                '10.2.0.0/24', dns=('192.0.2.1',), dhcp_server='10.2.0.2'
            ),
        )
        self.assertEqual(
            ('10.0.0.2', '192.0.2.1'),
            resolver.resolver('h', 'd', [port]).nameservers,
        )

    def test_own_name_is_the_first_address_of_each_family(self):
        network_info = [
            vif.vif(vif.subnet('10.0.0.0/24', '10.0.0.5', '10.0.0.6')),
            vif.vif(
                vif.subnet('10.1.0.0/24', '10.1.0.5'),
                vif.subnet('fd00::/64', 'fd00::5'),
            ),
        ]
        self.assertEqual(
            ('10.0.0.5', 'fd00::5'),
            resolver.resolver('h', 'd', network_info).addresses,
        )

    def test_no_ports_say_nothing(self):
        self.assertEqual(
            model.Resolver('h', 'd', (), ()), resolver.resolver('h', 'd', [])
        )


class TextTest(testtools.TestCase):
    def test_hosts(self):
        self.assertEqual(
            '127.0.0.1 localhost\n'
            '::1 localhost ip6-localhost ip6-loopback\n'
            'ff02::1 ip6-allnodes\n'
            'ff02::2 ip6-allrouters\n'
            '10.0.0.5 memcached.novalocal memcached\n'
            'fd00::5 memcached.novalocal memcached\n',
            resolver.hosts_text(_names()),
        )

    def test_hosts_without_a_domain_or_an_address(self):
        text = resolver.hosts_text(_names(domain='', addresses=()))
        self.assertEqual('127.0.1.1 memcached', text.splitlines()[-1])

    def test_resolv_conf(self):
        self.assertEqual(
            'search novalocal\nnameserver 10.0.0.2\n',
            resolver.resolv_conf_text(_names()),
        )

    def test_resolv_conf_names_no_more_servers_than_are_asked(self):
        servers = ('192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4')
        text = resolver.resolv_conf_text(
            _names(domain='', nameservers=servers)
        )
        self.assertEqual(
            ''.join(f'nameserver {each}\n' for each in servers[:3]), text
        )

    def test_hostname(self):
        self.assertEqual('memcached\n', resolver.hostname_text(_names()))
