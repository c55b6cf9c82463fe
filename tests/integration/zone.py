"""``novadocker-zone`` in the cloud, with a wish and a record of its own."""

import pathlib
import uuid

import fixtures

from tests.integration import cloud

ZONE = 'zone-of-tests'
FLAVOR = 'docker.of-tests'
# The quickstart has made the aggregate docker, whose hosts have servers.
WISH = f"""
aggregates:
  {cloud.AGGREGATE}:
    hypervisor_types: [docker]
    metadata:
      trait:CUSTOM_NOVA_DOCKER: required
  kvm:
    availability_zone: {ZONE}
    hypervisor_types: [fake]
flavors:
  {FLAVOR}:
    vcpus: 1
    ram_mb: 64
    disk_gb: 1
    extra_specs:
      docker:pids_limit: 64
"""


class ZoneCase(cloud.CloudTestCase):
    def setUp(self):
        super().setUp()
        self.compute = self.admin.compute
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.file = self.folder / 'zone.yaml'
        self.file.write_text(WISH)
        self.record = self.folder / 'record.json'

    def zone(self, command, *words, usual=False):
        """Run ``novadocker-zone``, and give what became of it.

        :param usual: whether to leave the wish to the command
        """
        if command in ('apply', 'check') and not usual:
            words = ('--file', str(self.file), *words)
        if command in ('apply', 'undo'):
            words = ('--record', str(self.record), *words)
        return cloud.quickstart('exec', 'novadocker-zone', command, *words)

    def run_zone(self, *words):
        """Run it, and give what it printed."""
        done = self.zone(*words)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def set_up_zone(self):
        self.addCleanup(self.take_back)
        return self.run_zone('apply')

    def take_back(self):
        """Undo what was not undone yet."""
        if self.record.exists():
            self.run_zone('undo')

    def explained(self, code, image, host, *words):
        """Ask why an image lands on a host, or not; give the answer."""
        found = self.zone('explain', image, '--host', host, *words)
        self.assertEqual(code, found.returncode, found.stdout + found.stderr)
        return found.stdout

    def aggregates(self):
        return {
            each.name: (
                each.id,
                each.availability_zone,
                frozenset(each.hosts or ()),
                frozenset((each.metadata or {}).items()),
            )
            for each in self.compute.aggregates()
        }

    def docker_hosts(self):
        """List the machine and the docker nodes that others left on it."""
        return self.aggregates()[cloud.AGGREGATE][2]

    def disk(self, **properties):
        """Upload what a virtual machine boots from."""
        name = f'disk-{uuid.uuid4().hex[:8]}'
        self.upload_as('bare', name, bytes(512), **properties)
        return name

    def disable(self, *hosts):
        """Let hosts take no servers until the end of the test."""
        for host in hosts:
            (service,) = self.compute.services(
                binary='nova-compute', host=host
            )
            self.compute.disable_service(service, disabled_reason='test')
            self.addCleanup(self.compute.enable_service, service)

    def host_of(self, server):
        return self.compute.get_server(server.id).compute_host

    def fault_of(self, **request):
        """Boot what cannot be booted, and give the fault."""
        return self.boot(wait='ERROR', **request).fault['message']
