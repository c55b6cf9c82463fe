"""The tenant's guide: every command of the page, in the tenant's shell."""

import unittest

from tests.fixtures import guide
from tests.fixtures import rootfs
from tests.fixtures import shell
from tests.integration import cloud
from tests.integration import registry
from tests.integration import volume

_PAGE = 'user/guide'
_REGISTRY = 'registry.example.org'
_KEPT = ('PATH', 'PYTHONWARNINGS', 'DOCKER_HOST')
# The image that Docker Hub has is not to be had everywhere.
_IMAGE = 'busybox'
_HTTPD = '#!/bin/sh\nexec /bin/busybox httpd "$@"\n'


def _environ():
    """Give what a tenant has in the shell, without this machine's proxies."""
    return {
        **{
            name: value
            for name, value in cloud.environment().items()
            if name in _KEPT or name.startswith('OS_')
        },
        'OS_USERNAME': registry.PROJECT,
        'OS_PASSWORD': registry.password(),
        'OS_PROJECT_NAME': registry.PROJECT,
    }


@unittest.skipUnless(
    volume.has_cinder(),
    'needs a cloud with Cinder: tools/quickstart up --volumes',
)
class GuideTest(registry.RegistryTestCase):
    def setUp(self):
        super().setUp()
        self.name = _IMAGE
        self.load(
            content=rootfs.with_files(
                (*rootfs.PROGRAMS, 'busybox'), {'bin/httpd': _HTTPD}
            )
        )
        self.addCleanup(
            self.client.run,
            *('rmi', '--force', f'{registry.ADDRESS}/demo/hello'),
        )

    def test_commands_do_what_the_guide_says(self):
        steps = guide.commands(_PAGE)
        reader = guide.Reader(
            self.useFixture(shell.Shell(_environ())),
            {_REGISTRY: registry.ADDRESS},
        )
        try:
            reader.follow(steps)
        except BaseException:
            reader.tidy(guide.ending(steps))
            raise
