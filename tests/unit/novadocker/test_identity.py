"""Names: unique to an instance, and a stranger's are not taken for ours."""

import dataclasses

import testtools

from novadocker import identity
from novadocker import model

UUID = '0f3e8d2a-5d6c-4d5b-9a1e-7b7f1c2d3e4f'


def container(**changes):
    ours = model.Container(
        id='c' * 64,
        name=f'nova-{UUID}',
        state=model.ContainerState.RUNNING,
        labels=identity.labels(
            uuid=UUID,
            name='instance-1',
            project_id='p',
            role=model.Role.WORKLOAD,
            host='host1',
        ),
        runtime='nova',
        image_id='sha256:' + 'a' * 64,
    )
    return dataclasses.replace(ours, **changes)


class OwnCpusTestCase(testtools.TestCase):
    def _has(self, label, held_to):
        labels = {'org.openstack.nova.cpus': label}
        return identity.has_own_cpus(
            container(labels=labels, cpuset_cpus=held_to)
        )

    def test_label_and_engine_have_to_agree(self):
        for label, held_to, expected in (
            ('1,2', '1,2', True),
            ('1,2', '', False),
            ('1,2', '1', False),
            ('', '', False),
            ('', '1', False),
        ):
            with self.subTest(label=label, held_to=held_to):
                self.assertIs(expected, self._has(label, held_to))

    def test_container_that_is_older_than_the_label(self):
        self.assertFalse(identity.has_own_cpus(container(labels={})))


class NamesTestCase(testtools.TestCase):
    def test_container_name_tells_the_role(self):
        names = [identity.container_name(UUID, role) for role in model.Role]
        self.assertEqual(
            [f'nova-{UUID}', f'nova-{UUID}-rescue', f'nova-{UUID}-resize'],
            names,
        )

    def test_snapshot_is_named_by_server_and_image(self):
        name = identity.snapshot_reference(UUID, 'an-image')
        self.assertEqual(f'nova-snapshot/{UUID}:an-image', name)
        self.assertTrue(identity.is_snapshot(name))
        for other in (
            f'nova-image/{UUID}:an-image',
            'nova-snapshot/web:1',
            f'stranger/nova-snapshot/{UUID}:1',
        ):
            self.assertFalse(identity.is_snapshot(other))

    def test_what_a_server_has_brought_is_named_by_its_digest(self):
        self.assertEqual(
            f'nova-moved/{UUID}:{"b" * 64}',
            identity.moved_reference(UUID, 'sha256:' + 'b' * 64),
        )

    def test_labels_of_ours_are_told_by_their_prefix(self):
        self.assertTrue(identity.is_label('org.openstack.nova.uuid'))
        self.assertFalse(identity.is_label('org.openstack.novadocker'))

    def test_device_of_a_port_is_what_nova_calls_it(self):
        self.assertEqual('tap0f3e8d2a-5d', identity.devname(UUID))

    def test_namespace_is_below_the_fixed_folder(self):
        self.assertEqual(f'/run/netns/nova-{UUID}', identity.netns_path(UUID))

    def test_namespace_tells_its_instance(self):
        self.assertEqual(UUID, identity.uuid_of_netns(f'nova-{UUID}'))
        for name in (UUID, 'nova-x', f'nova-{UUID}-rescue', ''):
            self.assertIsNone(identity.uuid_of_netns(name))

    def test_image_reference_has_the_digest_as_its_tag(self):
        digest = 'sha256:' + 'b' * 64
        self.assertEqual(
            f'nova-image/{UUID}:{"b" * 64}',
            identity.image_reference(UUID, digest),
        )

    def test_image_id_is_read_from_names_of_ours_alone(self):
        for reference, expected in (
            (f'nova-image/{UUID}:{"b" * 64}', UUID),
            (f'nova-image/{UUID}', UUID),
            (f'other/{UUID}:latest', None),
            (f'host:5000/nova-image/{UUID}:latest', None),
            ('nova-image/web:1', None),
            ('<none>:<none>', None),
        ):
            self.assertEqual(expected, identity.image_id_of(reference))


class IsOursTestCase(testtools.TestCase):
    def test_ours(self):
        self.assertTrue(identity.is_ours(container(), 'host1', 'nova'))

    def test_ours_under_another_name_of_the_runtime(self):
        found = container(runtime='nova-crun')
        self.assertTrue(identity.is_ours(found, 'host1', 'nova', 'nova-crun'))
        self.assertFalse(identity.is_ours(found, 'host1', 'nova'))

    def test_strangers(self):
        labels = container().labels
        strangers = {
            'run of a snapshot, labels baked in': {'name': 'web'},
            'our name, no label': {'labels': {}},
            'our name, other runtime': {'runtime': 'runc'},
            'uuid that is none': {
                'name': 'nova-x',
                'labels': {**labels, 'org.openstack.nova.uuid': 'x'},
            },
            'role that does not fit the name': {
                'labels': {**labels, 'org.openstack.nova.role': 'rescue'}
            },
            'instance of another host': {
                'labels': {**labels, 'org.openstack.nova.host': 'host2'}
            },
        }
        for reason, changes in strangers.items():
            with self.subTest(reason):
                stranger = container(**changes)
                self.assertFalse(identity.is_ours(stranger, 'host1', 'nova'))

    def test_instance_of_another_host_or_runtime_is_novas(self):
        labels = {'org.openstack.nova.uuid': UUID}
        found = container(labels=labels, runtime='other')
        self.assertTrue(identity.is_novas(found))
        self.assertFalse(identity.is_novas(container(labels={})))

    def test_server_that_is_kept_is_ours_and_no_workload(self):
        kept = container(name=f'nova-{UUID}-resize')
        self.assertTrue(identity.is_ours(kept, 'host1', 'nova'))
        self.assertIs(model.Role.RESIZE, identity.role(kept))
        self.assertIs(model.Role.WORKLOAD, identity.role(container()))

    def test_name_makes_nothing_but_a_workload_a_kept_one(self):
        labels = container().labels | {'org.openstack.nova.role': 'rescue'}
        found = container(name=f'nova-{UUID}-resize', labels=labels)
        self.assertFalse(identity.is_novas(found))
        self.assertIs(model.Role.RESCUE, identity.role(found))

    def test_unknown_role_counts_as_workload(self):
        role = identity.role_of({'org.openstack.nova.role': 'king'})
        self.assertIs(model.Role.WORKLOAD, role)
