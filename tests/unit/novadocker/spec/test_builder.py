"""The parts come together: one spec, with our names and labels."""

import testtools

from novadocker import exception
from novadocker import model
from novadocker.spec import builder

UUID = '0f3e8d2a-5d6c-4d5b-9a1e-7b7f1c2d3e4f'


def spec(extra_specs=None, *, has_drive=False, **changes):
    instance = model.Instance(
        uuid=UUID,
        name='instance-1',
        hostname='web',
        project_id='project',
        flavor=model.Flavor(
            vcpus=1,
            memory_mb=64,
            swap_mb=0,
            root_gb=1,
            extra_specs=extra_specs or {},
        ),
        **changes,
    )
    image = model.LoadedImage(
        image_id='i',
        reference='nova-image/i:d',
        config_digest='sha256:d',
        size_bytes=1,
        has_command=True,
    )
    host = builder.Host(
        'host1',
        'nova',
        False,
        frozenset({'nova', 'nova-crun'}),
        cpus=model.HostCpus(
            shared=frozenset({0}), dedicated=frozenset({1, 2})
        ),
    )
    return builder.container_spec(
        instance, image, host, '/instances/x', has_config_drive=has_drive
    )


class BuilderTestCase(testtools.TestCase):
    def test_config_drive_is_where_cloud_init_looks(self):
        mount = model.Mount(
            '/instances/x/config-drive',
            '/var/lib/cloud/seed/config_drive',
            read_only=True,
        )
        self.assertIn(mount, spec(has_drive=True).mounts)
        self.assertNotIn(mount, spec().mounts)

    def test_names_and_labels(self):
        found = spec()
        self.assertEqual(f'nova-{UUID}', found.name)
        self.assertEqual('web', found.hostname)
        self.assertEqual('nova', found.runtime)
        self.assertEqual('nova-image/i:d', found.image)
        self.assertEqual(
            {
                'org.openstack.nova.uuid': UUID,
                'org.openstack.nova.name': 'instance-1',
                'org.openstack.nova.project': 'project',
                'org.openstack.nova.role': 'workload',
                'org.openstack.nova.host': 'host1',
                'org.openstack.nova.cpus': '',
            },
            found.labels,
        )

    def test_label_says_which_cpus_are_its_own(self):
        claim = model.CpuClaim(True, frozenset({1}), frozenset({0}))
        found = spec(cpu_claim=claim)
        self.assertEqual('1', found.resources.cpuset_cpus)
        self.assertEqual('1', found.labels['org.openstack.nova.cpus'])
        found = spec()
        self.assertEqual('0', found.resources.cpuset_cpus)
        self.assertEqual('', found.labels['org.openstack.nova.cpus'])

    def test_name_files_are_mounted_where_a_resolver_looks(self):
        mounts = {mount.target: mount.source for mount in spec().mounts}
        self.assertEqual(
            {
                '/etc/hostname': '/instances/x/hostname',
                '/etc/hosts': '/instances/x/hosts',
                '/etc/resolv.conf': '/instances/x/resolv.conf',
            },
            mounts,
        )

    def test_files_of_the_host_are_not_the_containers_to_write(self):
        # Its root could make one setuid root on the host.
        self.assertTrue(all(mount.read_only for mount in spec().mounts))

    def test_tenant_words_reach_the_process_only(self):
        found = spec(metadata={'docker:command': 'a'})
        self.assertEqual(('a',), found.process.command)
        self.assertEqual(spec().security, found.security)
        self.assertEqual(spec().resources, found.resources)

    def test_flavor_chooses_among_the_names_of_nova_runtime(self):
        found = spec(extra_specs={'docker:runtime': 'nova-crun'})
        self.assertEqual('nova-crun', found.runtime)

    def test_runtime_that_would_leave_novas_network_is_refused(self):
        error = self.assertRaises(
            exception.InvalidContainerOption,
            spec,
            extra_specs={'docker:runtime': 'runc'},
        )
        self.assertIn('docker:runtime=runc', str(error))
        self.assertIn('only as nova, nova-crun', str(error))
