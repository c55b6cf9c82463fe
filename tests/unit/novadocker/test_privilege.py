"""Whatever a tenant writes, the engine is asked for no privilege.

The way of the words is walked whole: from Nova's instance and the image's
archive to the request that creates the container. Of that request only the
process may change.
"""

import json
import tempfile
import types

import hypothesis
from hypothesis import strategies as st
from nova.objects import flavor as flavor_object
from nova.objects import image_meta
import testtools

from novadocker import exception
from novadocker import model
from novadocker import view
from novadocker.engine import payload
from novadocker.spec import builder
from novadocker.spec import process
from ocikit import archive
from ocikit import exception as oci_exception
from ocikit import limit
from ocikit import platform
from ocikit import writer
from tests.fixtures import archives

UUID = '0f3e8d2a-5d6c-4d5b-9a1e-7b7f1c2d3e4f'
REFERENCE = 'nova-image/i:d'
# Fields of the request that are the tenant's, and the one of its HostConfig.
PROCESS = {
    *('Cmd', 'Entrypoint', 'Env', 'User', 'WorkingDir', 'Tty', 'OpenStdin'),
    'Hostname',
}
HOST_PROCESS = {'Init'}
LAYERS = (archives.layer(1),)

# What somebody would try: names of the engine, of its command line, and ours.
GREEDY = (
    *('Binds', 'CapAdd', 'CgroupParent', 'Devices', 'DeviceCgroupRules'),
    *('HostConfig', 'IpcMode', 'Memory', 'Mounts', 'NetworkMode', 'PidMode'),
    *('Privileged', 'Runtime', 'SecurityOpt', 'Sysctls', 'UTSMode'),
    *('UsernsMode', 'VolumesFrom', 'cap_add', 'device', 'mount:vdb', 'net'),
    *('new_privileges', 'pid', 'pids_limit', 'privileged', 'runtime'),
    *('security_opt', 'shm_size_mb', 'ulimits', 'user', 'volume'),
)
VALUES = st.one_of(
    st.sampled_from(
        [
            *('true', 'false', 'host', 'ALL', 'SYS_ADMIN', '0', '-1', '/'),
            *('unconfined', 'seccomp=unconfined', '/:/host:rw', 'runc'),
            *('--privileged', '["--privileged"]', '{"Privileged": true}'),
            *('root', '0:0', '../../..', '/proc/1/root', 'a b', "sh -c 'x'"),
        ]
    ),
    st.text(max_size=60),
)
LEGAL = st.fixed_dictionaries(
    {},
    optional={
        'docker:command': st.lists(
            st.text(st.characters(codec='utf-8', exclude_characters='\0'))
        ).map(json.dumps),
        'docker:entrypoint': st.sampled_from(['', 'sh -c', '["a b"]']),
        'docker:user': st.sampled_from(['root', '0:0', '1000', 'a.b:c']),
        'docker:workdir': st.sampled_from(['/', '/../..', '/proc/1/root']),
        'docker:env:LD_PRELOAD': st.sampled_from(['/evil.so', 'a\nb']),
        'docker:env:PATH': st.just('/evil'),
        'privileged': VALUES,
    },
)
METADATA = st.dictionaries(
    st.one_of(
        st.sampled_from([*process.PROPERTIES]).map('docker:'.__add__),
        st.sampled_from(GREEDY).map('docker:'.__add__),
        st.sampled_from(GREEDY),
        st.text(max_size=30).map('docker:env:'.__add__),
        st.text(max_size=30).map('docker:'.__add__),
    ),
    VALUES,
    max_size=4,
)
IMAGE = st.dictionaries(
    st.one_of(
        st.sampled_from([*process.PROPERTIES.values(), 'docker_tty']),
        st.just('docker_init'),
        st.sampled_from(GREEDY).map('docker_'.__add__),
        st.text(max_size=30),
    ).map('image_'.__add__),
    VALUES,
    max_size=4,
)
FORGED = st.dictionaries(
    st.sampled_from([*GREEDY, 'Volumes', 'Labels', 'OnBuild', 'StopSignal']),
    st.one_of(
        VALUES,
        st.booleans(),
        st.dictionaries(st.text(max_size=9), st.just({}), max_size=3),
    ),
)


def instance(metadata=(), image=(), user_data=None):
    """Make what the driver sees of a nova.objects.Instance."""
    flavor = flavor_object.Flavor(
        vcpus=1, memory_mb=64, swap=0, root_gb=1, extra_specs={}
    )
    return types.SimpleNamespace(
        uuid=UUID,
        name='instance-1',
        hostname='web',
        project_id='project',
        flavor=flavor,
        metadata=dict(metadata),
        system_metadata=dict(image),
        user_data=user_data,
        # Nova's, of what it knows itself: it refuses what it cannot read.
        image_meta=image_meta.ImageMeta.from_dict({}),
    )


def request(**words):
    """Make the request that creates the container of an instance."""
    spec = builder.container_spec(
        view.instance_view(instance(**words)),
        model.LoadedImage('i', REFERENCE, 'sha256:d', 1, True),
        builder.Host('host1', 'nova', has_disk_quota=True),
        '/instances/x',
    )
    return payload.create(spec, remaps_users=True)


def loaded(content):
    """Give an image as it is loaded, and the archive that loads it."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        found = archive.without_volumes(
            archive.inspect(
                file,
                platform.Platform('linux', 'amd64'),
                limit.Limits(unpacked_bytes=1_000_000),
            )
        )
        return found, b''.join(writer.docker_archive(file, found, REFERENCE))


def without(source, keys):
    return {key: value for key, value in source.items() if key not in keys}


class PrivilegeTestCase(testtools.TestCase):
    def assert_only_the_process_differs(self, found):
        plain = request()
        ours, theirs = found.pop('HostConfig'), plain.pop('HostConfig')
        self.assertEqual(
            without(theirs, HOST_PROCESS), without(ours, HOST_PROCESS)
        )
        self.assertEqual(without(plain, PROCESS), without(found, PROCESS))

    def test_what_is_compared_with_is_unprivileged(self):
        host = request()['HostConfig']
        self.assertIs(False, host['Privileged'])
        self.assertEqual([], host['CapAdd'])
        self.assertEqual(['no-new-privileges'], host['SecurityOpt'])
        self.assertEqual('none', host['NetworkMode'])
        sources = [each['Source'] for each in host['Mounts']]
        for source in sources:
            self.assertTrue(source.startswith('/instances/x/'))
        granting = {
            *('Binds', 'CgroupParent', 'DeviceCgroupRules', 'Devices'),
            *('IpcMode', 'PidMode', 'Sysctls', 'UTSMode', 'VolumesFrom'),
        }
        self.assertEqual(set(), granting & set(host))

    @hypothesis.settings(max_examples=300, deadline=None)
    @hypothesis.given(LEGAL, IMAGE, st.text())
    def test_words_that_are_understood_change_the_process_only(
        self, metadata, image, user_data
    ):
        try:
            found = request(
                metadata=metadata, image=image, user_data=user_data
            )
        except exception.InvalidContainerOption as err:
            # Of an image; the metadata is legal.
            self.assertFalse(err.kwargs['option'].startswith('docker:'))
            return
        self.assert_only_the_process_differs(found)

    @hypothesis.settings(max_examples=300, deadline=None)
    @hypothesis.given(METADATA, IMAGE, st.text())
    def test_other_words_change_no_more_or_are_refused(
        self, metadata, image, user_data
    ):
        try:
            found = request(
                metadata=metadata, image=image, user_data=user_data
            )
        except exception.InvalidContainerOption:
            return
        self.assert_only_the_process_differs(found)

    @hypothesis.settings(max_examples=300, deadline=None)
    @hypothesis.given(FORGED, FORGED)
    def test_no_volume_of_an_image_config_reaches_the_engine(
        self, forged, process_of_image
    ):
        content = archives.config(
            LAYERS, config={'Cmd': ['x'], **process_of_image}
        )
        content = json.dumps({**forged, **json.loads(content)}).encode()
        try:
            found, written = loaded(archives.saved(LAYERS, content))
        except oci_exception.ArchiveMalformed:
            self.assertNotIsInstance(process_of_image['Volumes'], dict)
            return
        self.assertIn(found.config_content, written)
        asked = json.loads(content)['config']
        left = json.loads(found.config_content)['config']
        self.assertFalse(left.get('Volumes'))
        self.assertEqual(
            without(asked, {'Volumes'}), without(left, {'Volumes'})
        )
