"""Guides followed in the cloud, with the shell that their reader has."""

import pathlib

from tests.fixtures import guide
from tests.fixtures import rootfs
from tests.fixtures import shell
from tests.integration import cloud
from tests.integration import registry

_KEPT = ('PATH', 'PYTHONWARNINGS', 'DOCKER_HOST')
# The image that Docker Hub has is not to be had everywhere.
_IMAGE = 'busybox'
_HTTPD = '#!/bin/sh\nexec /bin/busybox httpd "$@"\n'


class GuideCase(registry.RegistryTestCase):
    """A test whose engine has the image of the guides."""

    def setUp(self):
        super().setUp()
        self.name = _IMAGE
        self.load(
            content=rootfs.with_files(
                (*rootfs.PROGRAMS, 'busybox'), {'bin/httpd': _HTTPD}
            )
        )

    def follow(self, page, own, *, files=None, **account):
        """Give the commands of a page one by one.

        Where one fails, the last section takes away what was made.

        :param own: what the page calls something, and what it is here
        :param files: what its reader has written, by name
        :param account: variables beside the administrator's
        """
        steps = [each for each in guide.commands(page) if each.is_run]
        terminal = self.useFixture(
            shell.Shell({**_administrator(), **account})
        )
        reader = guide.Reader(terminal, own)
        for name, text in (files or {}).items():
            pathlib.Path(terminal.home, name).write_text(reader.here(text))
        try:
            reader.follow(steps)
        except BaseException:
            reader.tidy(guide.ending(steps))
            raise


def _administrator():
    """Give the variables of a shell, without this machine's proxies."""
    return {
        name: value
        for name, value in cloud.environment().items()
        if name in _KEPT or name.startswith('OS_')
    }
