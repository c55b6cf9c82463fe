"""The table of services."""

import pathlib

import testtools

from deploy.quickstart import constants
from deploy.quickstart import home as home_module
from deploy.quickstart import render
from deploy.quickstart import service

HOME = home_module.Home(pathlib.Path('/srv/cloud'))


def _named(network, volumes=False, stacks=False):
    found = service.services(HOME, network, volumes, stacks)
    return {it.name: it for it in found}


class ServicesTestCase(testtools.TestCase):
    def test_names_are_unique(self):
        for network in constants.NETWORKS:
            found = service.services(HOME, network, True, True)
            self.assertEqual(len(found), len(_named(network, True, True)))

    def test_they_come_in_start_order(self):
        for network in constants.NETWORKS:
            found = service.services(HOME, network, True, True)
            tiers = [it.tier for it in found]
            self.assertEqual(sorted(tiers), tiers)

    def test_no_two_listen_on_one_port(self):
        for network in constants.NETWORKS:
            found = service.services(HOME, network, True, True)
            listening = [it for it in found if it.port is not None]
            ports = render.service_ports(found)
            self.assertEqual(len(listening), len(ports))

    def test_flavours_differ_in_agents_only(self):
        ovs, ovn = _named('ovs').keys(), _named('ovn').keys()
        self.assertIn('neutron-l3-agent', ovs - ovn)
        self.assertIn('ovn-controller', ovn - ovs)
        self.assertIn('nova-compute', ovs & ovn)

    def test_nova_compute_is_no_root(self):
        self.assertEqual('nova', _named('ovs')['nova-compute'].user)

    def test_nova_compute_starts_last(self):
        compute = _named('ovn')['nova-compute']
        self.assertEqual(service.Tier.COMPUTE, compute.tier)

    def test_databases_and_cache_are_not_on_the_tenants_side(self):
        known = _named('ovs')
        self.assertIsNone(known['mariadb'].port)
        self.assertEqual('127.0.0.1', known['memcached'].address)

    def test_image_half_is_all_without_nova_and_neutron(self):
        names = set(_named('none'))
        self.assertLess(names, set(_named('ovs')))
        self.assertLess({'keystone', 'glance', 'registry', 'nginx'}, names)
        self.assertLess({'glance-bridge', 'glance-bridge-reconciler'}, names)
        self.assertEqual(
            set(), {'rabbitmq', 'ovs-vswitchd', 'nova-api'} & names
        )

    def test_volumes_add_cinder_and_what_it_speaks_through(self):
        cinder = {'cinder-api', 'cinder-scheduler', 'cinder-volume'}
        for network in constants.NETWORKS:
            with_it, without = _named(network, True), _named(network)
            added = with_it.keys() - without.keys()
            self.assertEqual(cinder, added - {'rabbitmq'})
            self.assertIn('rabbitmq', with_it)

    def test_stacks_add_heat_and_what_it_speaks_through(self):
        for network in constants.NETWORKS:
            with_it = _named(network, stacks=True)
            added = with_it.keys() - _named(network).keys()
            self.assertEqual({'heat-api', 'heat-engine'}, added - {'rabbitmq'})
            self.assertIn('rabbitmq', with_it)

    def test_heat_runs_in_an_environment_of_its_own(self):
        known = _named('none', stacks=True)
        config = '--config-file=/srv/cloud/etc/heat/heat.conf'
        self.assertEqual(
            ('/srv/cloud/venv-heat/bin/heat-engine', config),
            known['heat-engine'].command,
        )
        api = known['heat-api'].command
        self.assertIn('--virtualenv=/srv/cloud/venv-heat', api)
        self.assertIn(f'--pyargv={config}', api)
        self.assertIn('--virtualenv=/srv/cloud/venv', known['glance'].command)
        users = {known[name].user for name in ('heat-api', 'heat-engine')}
        self.assertEqual({'nova'}, users)

    def test_of_cinder_only_the_back_end_is_root(self):
        known = _named('ovs', True)
        users = {
            name: known[name].user
            for name in ('cinder-api', 'cinder-scheduler', 'cinder-volume')
        }
        self.assertEqual(['nova', 'nova', 'root'], list(users.values()))
        config = '/srv/cloud/etc/cinder'
        back_end = f'--config-file={config}/backend.ini'
        self.assertIn(back_end, known['cinder-volume'].command)
        self.assertNotIn(back_end, known['cinder-scheduler'].command)
        self.assertIn(
            f'--pyargv=--config-file={config}/cinder.conf',
            known['cinder-api'].command,
        )

    def test_registry_and_proxy_are_no_root(self):
        known = _named('none')
        self.assertEqual('docker-registry', known['registry'].user)
        self.assertEqual('www-data', known['nginx'].user)

    def test_bridge_reads_no_file_of_glance(self):
        known = _named('none')
        self.assertEqual(
            '/srv/cloud/etc/glance-bridge',
            known['glance-bridge'].environment['OS_GLANCE_BRIDGE_CONFIG_DIR'],
        )
        self.assertNotIn(
            'OS_GLANCE_CONFIG_DIR', known['glance-bridge'].environment
        )
        self.assertEqual('127.0.0.1', known['glance-bridge'].address)
        self.assertIn(
            '--http-socket=127.0.0.1:5044', known['glance-bridge'].command
        )

    def test_processes_of_the_bridge_count_together(self):
        known = _named('none')
        folders = {
            known[name].environment['PROMETHEUS_MULTIPROC_DIR']
            for name in known
            if name.startswith('glance-bridge')
        }
        self.assertEqual({'/srv/cloud/run/glance-bridge'}, folders)

    def test_neutron_gets_both_its_files(self):
        environment = _named('ovs')['neutron-api'].environment
        self.assertEqual(
            'neutron.conf;ml2_conf.ini', environment['OS_NEUTRON_CONFIG_FILES']
        )


class NodeServicesTestCase(testtools.TestCase):
    def test_docker_node_has_an_engine(self):
        names = [it.name for it in service.node_services(HOME, 'docker')]
        self.assertIn('dockerd', names)
        self.assertIn('neutron-openvswitch-agent', names)

    def test_fake_node_has_none(self):
        names = [it.name for it in service.node_services(HOME, 'fake')]
        self.assertNotIn('dockerd', names)
        self.assertNotIn('containerd', names)
        self.assertIn('nova-compute', names)
