"""Containers of the driver with a probe for a command.

The image comes in as every image of Glance does, and its config asks for all
that somebody could wish for.
"""

import dataclasses
import pathlib
import shutil
import tempfile

import testtools

from novadocker import model
from novadocker.engine import engine as docker_engine
from novadocker.image import store
from novadocker.inventory import disk
import novadocker.privsep
from novadocker.privsep import runtime_map
from novadocker.spec import builder
from tests.fixtures import dockerd
from tests.fixtures import netns
from tests.fixtures import probe
from tests.fixtures import rootfs

MIB = 1024 * 1024
REFUSED = ('EPERM', 'EACCES', 'ENOSYS')
IMAGE_ID = '11111111-2222-4333-8444-555555555555'
# What somebody would write into the config of an image.
GREEDY = {
    'Healthcheck': {'Test': ['CMD-SHELL', 'true'], 'Interval': 10**9},
    'HostConfig': {'Privileged': True, 'Binds': ['/:/host']},
    'Labels': {'org.openstack.nova.uuid': 'x', 'privileged': 'true'},
    'NetworkDisabled': False,
    'OnBuild': ['VOLUME /'],
    'Privileged': True,
    'StopSignal': 'SIGCONT',
    'Volumes': {'/tmp': {}, '/tmp/a': {}, '/run/docker.sock': {}},
}


class ProbeTestCase(testtools.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dockerd = dockerd.for_class(cls)
        cls.engine = docker_engine.Engine(cls.dockerd.host)
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for name in builder.NAME_FILES:
            (cls.folder / name).write_text('the host says\n')
        cls.images = store.ImageStore(
            cls.engine,
            cls.download,
            str(cls.folder),
            architecture=cls.engine.info().architecture,
        )
        cls.image = cls.load(IMAGE_ID, GREEDY)

    @classmethod
    def load(cls, image_id, config):
        cls.config = config
        return cls.images.ensure(None, image_id, max_bytes=None)

    @classmethod
    def download(cls, context, image_id, path, trusted_certs):
        content = rootfs.archive(
            'someone-elses:tag',
            config=cls.config,
            programs=(*rootfs.PROGRAMS, *probe.PROGRAMS),
        )
        pathlib.Path(path).write_bytes(content)

    def setUp(self):
        super().setUp()
        self.useFixture(netns.InProcess(novadocker.privsep.net))

    def start(
        self,
        *command,
        image=None,
        memory_mb=64,
        user='',
        change=None,
        **extra_specs,
    ):
        """Start a container the way the driver does, and give its id.

        :param change: puts the command into the spec, and more
        """
        self.namespace = self.useFixture(netns.Namespace())
        spec = builder.container_spec(
            self._instance(memory_mb, user, extra_specs),
            image or self.image,
            builder.Host(
                'host1',
                dockerd.RUNTIME,
                has_disk_quota=False,
                like_runtime=frozenset({dockerd.OTHER_RUNTIME}),
                disk=disk.host_disk(self.engine.info()),
            ),
            str(self.folder),
        )
        spec = (change or with_command)(spec, command)
        container_id = self.engine.create(spec)
        self.addCleanup(self.engine.remove, container_id, force=True)
        runtime_map.write(
            self.dockerd.map_dir, container_id, self.namespace.name
        )
        self.engine.start(container_id)
        return container_id

    def _instance(self, memory_mb, user, extra_specs):
        return model.Instance(
            uuid=self.namespace.uuid,
            name='instance-1',
            hostname='server',
            project_id='demo',
            flavor=model.Flavor(
                vcpus=1,
                memory_mb=memory_mb,
                swap_mb=0,
                root_gb=1,
                extra_specs={
                    key if ':' in key else 'docker:' + key: value
                    for key, value in extra_specs.items()
                },
            ),
            metadata={'docker:user': user},
        )

    def output_of(self, *command, **options):
        container_id = self.start(*command, **options)
        self.exit_code = self.engine.wait_exit(container_id, 60)
        return self.engine.logs(container_id, MIB).decode()

    def errors_of(self, *lines, **options):
        """Run lines of perl that each print the number of an error."""
        output = self.output_of(*probe.perl('$| = 1;' + ''.join(lines)))
        found = probe.errors(output)
        self.assertEqual(len(lines), len(found), output)
        return found

    def assert_refused(self, *lines):
        found = self.errors_of(*lines)
        self.assertTrue(set(found) <= set(REFUSED), found)

    def assert_read_only(self, *lines):
        self.assertEqual({'EROFS'}, set(self.errors_of(*lines)))


def with_command(spec, command):
    process = dataclasses.replace(spec.process, command=tuple(command))
    return dataclasses.replace(spec, process=process)


def changing(**process):
    """Give a change that sets the command and more of the process."""

    def change(spec, command):
        spec = with_command(spec, command)
        changed = dataclasses.replace(spec.process, **process)
        return dataclasses.replace(spec, process=changed)

    return change
