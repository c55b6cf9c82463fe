"""What the scenarios share: an image that was pushed, servers, their guests.

Nothing here is a test.
"""

from collections.abc import Callable
import pathlib
from typing import Any

from tempest import clients
from tempest import config
from tempest import exceptions
from tempest.lib import exceptions as lib_exc
from tempest.lib.common.utils import data_utils
from tempest.lib.common.utils import test_utils
from tempest.scenario import manager

from novadocker_tempest_plugin import guest as guest_module
from novadocker_tempest_plugin import image as image_module
from novadocker_tempest_plugin import registry

CONF = config.CONF


class DockerScenarioTest(manager.NetworkScenarioTest):
    """A class of tests with an image of its own, which its tenant pushed.

    :ivar repository: where it was pushed to
    :ivar image: the image as the registry has it
    :ivar name: the name that it then has in Glance
    :ivar image_id: the image as Glance has it
    """

    credentials = ['primary', 'admin']

    repository: str
    name: str
    image: image_module.Image
    image_id: str

    @classmethod
    def skip_checks(cls) -> None:
        super().skip_checks()
        if not CONF.service_available.glance:
            raise cls.skipException('There is no Glance.')
        for option in ('registry_url', 'image_archive'):
            if not CONF.docker[option]:
                raise cls.skipException(f'[docker] {option} is not set.')

    @classmethod
    def resource_setup(cls) -> None:
        super().resource_setup()
        name = data_utils.rand_name(
            'guest', prefix=CONF.resource_name_prefix
        ).lower()
        cls.name = f'{name}:latest'
        project_id = cls.os_primary.credentials.project_id
        cls.repository = f'{project_id}/{name}'
        cls.image = image_module.extend(
            image_module.read(pathlib.Path(CONF.docker.image_archive)),
            guest_module.programs(),
            command=guest_module.START,
            label=name,
        )
        cls.registry_of(cls.os_primary).push(
            cls.repository, 'latest', cls.image
        )
        cls.image_id = cls.image_named(cls.name)['id']
        cls.addClassResourceCleanup(
            cls.image_client.wait_for_resource_deletion, cls.image_id
        )
        cls.addClassResourceCleanup(
            test_utils.call_and_ignore_notfound_exc,
            cls.image_client.delete_image,
            cls.image_id,
        )

    @classmethod
    def registry_of(cls, manager: clients.Manager) -> registry.Client:
        """Give the registry as a tenant reaches it."""
        login = manager.credentials
        domain = (
            login.user_domain_name or CONF.auth.default_credentials_domain_name
        )
        return registry.Client(
            CONF.docker.registry_url,
            (f'{domain}/{login.username}', login.password),
            timeout_s=CONF.image.build_timeout,
            ca_file=CONF.identity.ca_certificates_file,
            verify_tls=not CONF.identity.disable_ssl_certificate_validation,
        )

    @classmethod
    def images(cls, manager: clients.Manager) -> list[dict[str, Any]]:
        """List a tenant's own images, of whatever name."""
        project_id = manager.credentials.project_id
        found = manager.image_client_v2.list_images(
            params={'owner': project_id, 'limit': 1000}
        )
        return list(found['images'])

    @classmethod
    def image_named(cls, name: str) -> dict[str, Any]:
        """Find an image of the tenant; who pushed one need not wait for it.

        :raises NotFound: there is none, or there are several
        """
        found = [it for it in cls.images(cls.os_primary) if it['name'] == name]
        if len(found) != 1:
            raise lib_exc.NotFound(f'{len(found)} images are called {name}.')
        return found[0]

    def boot(self, **more: Any) -> dict[str, Any]:
        """Boot a server whose guest can be reached; it goes with the test."""
        if 'security_groups' not in more:
            more['security_groups'] = [{'name': self.open_group()['name']}]
        made = self.create_server(**{'image_id': self.image_id, **more})
        return dict(made)

    def fault(self, **more: Any) -> str:
        """Boot a server that must not become one; give what its user is told.

        Tempest deletes it itself.
        """
        raised = self.assertRaises(
            exceptions.BuildErrorException, self.boot, **more
        )
        return str(raised)

    def open_group(self) -> dict[str, Any]:
        """Make a security group that lets everybody ask the guest."""
        group = dict(self.create_empty_security_group(namestart='guest'))
        self.open_port(group)
        return group

    def open_port(self, group: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Add a rule that lets somebody ask the guest."""
        rule = self.create_security_group_rule(
            secgroup=group,
            direction='ingress',
            protocol='tcp',
            port_range_min=guest_module.PORT,
            port_range_max=guest_module.PORT,
            **more,
        )
        return dict(rule)

    def address(self, server: dict[str, Any]) -> str:
        """Give the address at which other servers reach a server."""
        _, address = self.get_server_port_id_and_ip4(server)
        return str(address)

    def unasked_guest(self, server: dict[str, Any]) -> guest_module.Guest:
        """Give a server's guest, which may not answer yet."""
        return guest_module.Guest(
            self.get_server_ip(server),
            timeout_s=CONF.validation.connect_timeout,
        )

    def guest(self, server: dict[str, Any]) -> guest_module.Guest:
        """Give a server's guest when it answers."""
        found = self.unasked_guest(server)
        try:
            self.wait_until(found.answers, f'an answer of {server["name"]}')
        except lib_exc.TimeoutException:
            self.log_console_output([server])
            raise
        return found

    def wait_until(self, predicate: Callable[[], bool], what: str) -> None:
        """Wait for what the cloud does in its own time.

        :raises TimeoutException: it did not come
        """
        within_s = CONF.validation.ping_timeout
        if not test_utils.call_until_true(
            predicate, within_s, CONF.compute.build_interval
        ):
            raise lib_exc.TimeoutException(
                f'{what} did not come within {within_s} s.'
            )
