"""The cloud's registry as a tenant uses it: docker's client, and keys."""

import contextlib
import json
import os
import pathlib
import subprocess
import tempfile
import uuid

from tests.fixtures import rootfs
from tests.integration import cloud

ADDRESS = '127.0.0.1:5042'
PROJECT = 'demo'
_DOCKER = '/usr/bin/docker'


def home() -> pathlib.Path:
    return pathlib.Path(cloud.environment()['NOVA_DOCKER_HOME'])


def password(name: str = PROJECT) -> str:
    return json.loads((home() / 'secrets.json').read_text())[name]


def tenant(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command as the tenant; give what it said."""
    return cloud.quickstart(
        *('exec', 'env', f'OS_USERNAME={PROJECT}'),
        *(f'OS_PASSWORD={password()}', f'OS_PROJECT_NAME={PROJECT}'),
        *words,
    )


class Client:
    """Docker's client with a folder of its own for what it logs in with."""

    def __init__(self, folder: str) -> None:
        self._environ = {
            'PATH': '/usr/bin:/bin',
            'HOME': folder,
            'DOCKER_CONFIG': folder,
            'DOCKER_HOST': cloud.environment()['DOCKER_HOST'],
        }

    def run(
        self, *words: str, stdin: str = ''
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [_DOCKER, *words],
            env=self._environ,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def must(self, *words: str, stdin: str = '') -> str:
        """Run a command that has to do it.

        :raises AssertionError: it did not, with its own words
        """
        done = self.run(*words, stdin=stdin)
        if done.returncode:
            raise AssertionError(f'docker {words[0]}: {done.stderr}')
        return done.stdout

    def login(self, user: str = PROJECT, secret: str | None = None):
        given = password() if secret is None else secret
        return self.run(
            *('login', '--username', user, '--password-stdin', ADDRESS),
            stdin=given,
        )


class RegistryTestCase(cloud.CloudTestCase):
    """A test with docker's client, logged in as the tenant."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.client = Client(folder.name)
        self.name = f'test-{uuid.uuid4().hex[:8]}'

    def log_in(self):
        found = self.client.login()
        self.assertEqual(0, found.returncode, found.stderr)

    def reference(self, tag='latest', project=PROJECT):
        return f'{ADDRESS}/{project}/{self.name}:{tag}'

    def load(self, archive: pathlib.Path | None = None, **more) -> None:
        """Put an image of our name into the engine; it goes with the test.

        :param archive: else a shell
        """
        self.addCleanup(self.client.run, 'rmi', '--force', self.name)
        if archive is None:
            with tempfile.NamedTemporaryFile() as file:
                file.write(rootfs.archive(f'{self.name}:latest', **more))
                file.flush()
                self.client.must('load', '--input', file.name)
            return
        self.client.must('load', '--input', os.fspath(archive))
        self.client.must('tag', cloud.IMAGE, self.name)
        self.client.must('rmi', cloud.IMAGE)

    def push(self, reference: str) -> subprocess.CompletedProcess[str]:
        """Tag the image and push it; images of Glance go with the test."""
        self.client.must('tag', self.name, reference)
        self.addCleanup(self.client.run, 'rmi', '--force', reference)
        self.addCleanup(self.forget)
        return self.client.run('push', reference)

    def forget(self) -> None:
        """Delete all that Glance has of our name, hidden images, too."""
        for is_hidden in (False, True):
            for image in self.admin.image.images(is_hidden=is_hidden):
                if (image.name or '').startswith(self.name):
                    with contextlib.suppress(Exception):
                        self.admin.image.delete_image(image.id)

    def images(self, tag='latest'):
        """Find the images that clients find by the name of a tag."""
        return list(self.admin.image.images(name=f'{self.name}:{tag}'))
