"""The image that one can log in to, on an engine and within our limits."""

import io
import os
import pathlib
import shutil
import subprocess
import tarfile
import unittest

import fixtures
import testtools

from deploy.quickstart import ssh_image
from tests.fixtures import dockerd
from tests.fixtures import netns

REFERENCE = 'sshd-test:latest'
PROGRAMS = ('dropbear', 'dropbearkey', 'dbclient', 'busybox', 'nsenter')


def authorized(line):
    """Make the archive that puts a key where it is looked for."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode='w') as tar:
        folder = tarfile.TarInfo('.ssh')
        folder.type, folder.mode = tarfile.DIRTYPE, 0o700
        tar.addfile(folder)
        entry = tarfile.TarInfo('.ssh/authorized_keys')
        entry.mode, entry.size = 0o600, len(line)
        tar.addfile(entry, io.BytesIO(line.encode()))
    return stream.getvalue()


@dockerd.needs_dockerd
@unittest.skipUnless(
    all(map(shutil.which, PROGRAMS)), 'needs dropbear-bin and busybox'
)
class SshImageTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.engine = self.useFixture(dockerd.Dockerd()).client
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        ssh_image.build(self.folder / 'image.tar', REFERENCE)
        with open(self.folder / 'image.tar', 'rb') as archive:
            list(self.engine.load_image(archive))
        self.container = self._run()

    def _run(self):
        """Run it as the driver would: few powers, little memory."""
        config = self.engine.create_host_config(
            network_mode='none',
            init=True,
            mem_limit='64m',
            cap_drop=['AUDIT_WRITE', 'MKNOD', 'NET_RAW'],
            security_opt=['no-new-privileges'],
        )
        made = self.engine.create_container(REFERENCE, host_config=config)
        line = self._make_key('key')
        self.engine.put_archive(made['Id'], '/root', authorized(line))
        self.engine.start(made['Id'])
        return made['Id']

    def _make_key(self, name):
        """Make a key in our folder; give its line for authorized_keys."""
        made = subprocess.run(
            ['dropbearkey', '-t', 'ecdsa', '-f', str(self.folder / name)],
            capture_output=True,
            check=True,
            text=True,
        )
        lines = made.stdout.splitlines()
        return next(line for line in lines if line.startswith('ecdsa-'))

    def _ssh(self, command, key='key', **environment):
        pid = self.engine.inspect_container(self.container)['State']['Pid']
        return subprocess.run(
            [
                *('nsenter', f'--target={pid}', '--net', 'dbclient', '-y'),
                *('-i', str(self.folder / key), 'root@127.0.0.1', command),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, **environment},
        )

    def _logs(self):
        return self.engine.logs(self.container).decode()

    def test_root_logs_in_by_key_and_finds_the_usual_tools(self):
        netns.wait_until(lambda: 'background' in self._logs(), 'dropbear')
        for command, answer in (
            ('sudo id -u', '0'),
            ('set -eu -o pipefail; echo yes | cat', 'yes'),
            ('ip -o link show lo', 'LOOPBACK'),
            ('ping -c 1 127.0.0.1', '1 received'),
            ('ping6 -V', 'iputils'),
            ('curl -V', 'curl'),
            ('echo hello > /tmp/x && cat $(find /tmp -name x)', 'hello'),
            ('for it in curl nc wget; do which $it; done', '/bin/wget'),
        ):
            done = self._ssh(command)
            self.assertEqual(0, done.returncode, (command, done.stderr))
            self.assertIn(answer, done.stdout, command)

    def test_curl_asks_and_tells(self):
        netns.wait_until(lambda: 'background' in self._logs(), 'dropbear')
        serve = (
            r"printf 'HTTP/1.0 200 OK\r\n\r\nthanks' | "
            'nc -l -p 80 > /tmp/asked & '
            'until netstat -ltn | grep -q :80; do usleep 20000; done; '
        )
        done = self._ssh(f'{serve} curl http://127.0.0.1/name')
        self.assertEqual('thanks', done.stdout, done.stderr)
        self._wait_until_asked('GET /name', '')
        self._ssh(f'{serve} curl -X POST -d a=b http://127.0.0.1/secret')
        self._wait_until_asked('POST /secret', 'a=b')

    def _wait_until_asked(self, begin, end):
        """Wait for what the server in the background has written."""

        def is_written():
            asked = self._ssh('cat /tmp/asked').stdout
            return asked.startswith(begin) and asked.endswith(end)

        netns.wait_until(is_written, begin)

    def test_nobody_logs_in_without_the_key(self):
        netns.wait_until(lambda: 'background' in self._logs(), 'dropbear')
        self._make_key('other')
        done = self._ssh('id', 'other')
        self.assertEqual(1, done.returncode)
        self.assertEqual('', done.stdout)

    def test_a_password_opens_once_it_was_set(self):
        netns.wait_until(lambda: 'background' in self._logs(), 'dropbear')
        self._make_key('other')
        tried = {'key': 'other', 'DROPBEAR_PASSWORD': 'new Word:/1'}
        self.assertEqual(1, self._ssh('id', **tried).returncode)
        done = self._ssh("echo 'root:new Word:/1' | chpasswd")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn('uid=0', self._ssh('id', **tried).stdout)

    def test_boot_is_told_on_the_console(self):
        netns.wait_until(lambda: 'background' in self._logs(), 'dropbear')
        self.assertLess(10, len(self._logs().splitlines()))
