"""The cloud's registry over HTTP, and a bare one of the same version."""

from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import dataclasses
import gzip
import hashlib
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import uuid

import requests

# NOTE: see benchmarks.measure.image: before anything of Nova's.
from tests.fixtures import archives
from tests.fixtures import rootfs

ADDRESS = '127.0.0.1:5042'
PROJECT = 'demo'
SERVICE = 'glance-bridge'
MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
_CONFIG = 'application/vnd.docker.container.image.v1+json'
_LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip'
_DEADLINE_S = 30.0
_BARE = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {folder}/data}}
  cache: {{blobdescriptor: inmemory}}
http: {{addr: 127.0.0.1:{port}, relativeurls: true}}
"""


def password() -> str:
    """Give the password of the tenant."""
    secrets = pathlib.Path(os.environ['NOVA_DOCKER_HOME']) / 'secrets.json'
    return str(json.loads(secrets.read_text())[PROJECT])


@dataclasses.dataclass(frozen=True)
class Layer:
    """A layer that the registry has: as it travels, and as it unpacks."""

    digest: str
    size_bytes: int
    diff_id: str


@dataclasses.dataclass(frozen=True)
class Pushed:
    """What became of a push."""

    status: int
    digest: str


def digest_of(content: bytes) -> str:
    return f'sha256:{hashlib.sha256(content).hexdigest()}'


def _config(layers: Sequence[Layer]) -> bytes:
    return json.dumps(
        {
            'architecture': rootfs.architecture(),
            'os': 'linux',
            'config': {'Cmd': ['sleep', 'infinity']},
            'rootfs': {
                'type': 'layers',
                'diff_ids': [each.diff_id for each in layers],
            },
        }
    ).encode()


def _manifest(config: bytes, layers: Sequence[Layer]) -> bytes:
    return json.dumps(
        {
            'schemaVersion': 2,
            'mediaType': MANIFEST,
            'config': _descriptor(_CONFIG, digest_of(config), len(config)),
            'layers': [
                _descriptor(_LAYER, each.digest, each.size_bytes)
                for each in layers
            ],
        }
    ).encode()


def _descriptor(
    media_type: str, digest: str, size_bytes: int
) -> dict[str, object]:
    return {'mediaType': media_type, 'size': size_bytes, 'digest': digest}


class Registry:
    """The registry as a client sees it; one per thread."""

    def __init__(self, address: str = ADDRESS) -> None:
        self._url = f'http://{address}'
        self._session = requests.Session()
        self._session.trust_env = False
        self._secret = password()
        self._tokens: dict[str, str] = {}

    def ask_token(self, scope: str) -> str:
        """Ask for a token, whether or not there was one."""
        found = self._session.get(
            f'{self._url}/token',
            params={'service': SERVICE, 'scope': scope},
            auth=(PROJECT, self._secret),
        )
        found.raise_for_status()
        return str(found.json()['token'])

    def put_layer(self, repository: str, tar: bytes) -> Layer:
        """Upload a layer, packed as quickly as docker packs."""
        blob = gzip.compress(tar, 1, mtime=0)
        self._upload(repository, blob)
        return Layer(digest_of(blob), len(blob), digest_of(tar))

    def push(self, repository: str, tag: str, *below: Layer) -> Pushed:
        """Push an image whose last layer is small and like no other."""
        tar = archives.files({'word': uuid.uuid4().bytes})
        layers = (*below, self.put_layer(repository, tar))
        config = _config(layers)
        self._upload(repository, config)
        manifest = _manifest(config, layers)
        found = self._session.put(
            f'{self._url}/v2/{repository}/manifests/{tag}',
            data=manifest,
            headers={**self._bearer(repository), 'Content-Type': MANIFEST},
        )
        return Pushed(found.status_code, digest_of(manifest))

    def digest(self, repository: str, tag: str) -> str:
        """Ask what a tag says."""
        found = self._session.head(
            f'{self._url}/v2/{repository}/manifests/{tag}',
            headers={**self._bearer(repository), 'Accept': MANIFEST},
        )
        found.raise_for_status()
        return str(found.headers['Docker-Content-Digest'])

    def manifest(self, repository: str, reference: str) -> bytes:
        """Read a manifest."""
        found = self._session.get(
            f'{self._url}/v2/{repository}/manifests/{reference}',
            headers={**self._bearer(repository), 'Accept': MANIFEST},
        )
        found.raise_for_status()
        return found.content

    def read_blob(self, repository: str, digest: str) -> int:
        """Read a blob to its end; give its bytes."""
        with self._session.get(
            f'{self._url}/v2/{repository}/blobs/{digest}',
            headers=self._bearer(repository),
            stream=True,
        ) as found:
            found.raise_for_status()
            return sum(map(len, found.iter_content(1024 * 1024)))

    def _upload(self, repository: str, content: bytes) -> None:
        headers = self._bearer(repository)
        begun = self._session.post(
            f'{self._url}/v2/{repository}/blobs/uploads/', headers=headers
        )
        begun.raise_for_status()
        where = begun.headers['Location']
        where = where if where.startswith('http') else self._url + where
        joint = '&' if '?' in where else '?'
        done = self._session.put(
            f'{where}{joint}digest={digest_of(content)}',
            data=content,
            headers={**headers, 'Content-Type': 'application/octet-stream'},
        )
        done.raise_for_status()

    def _bearer(self, repository: str) -> dict[str, str]:
        scope = f'repository:{repository}:pull,push'
        if scope not in self._tokens:
            self._tokens[scope] = self.ask_token(scope)
        return {'Authorization': f'Bearer {self._tokens[scope]}'}


@contextlib.contextmanager
def bare() -> Iterator[str]:
    """Run a registry without accounts or bridge; give its address."""
    with contextlib.ExitStack() as undo:
        folder = undo.enter_context(tempfile.TemporaryDirectory())
        port = _free_port()
        config = pathlib.Path(folder) / 'config.yml'
        config.write_text(_BARE.format(folder=folder, port=port))
        process = subprocess.Popen(
            ['/usr/bin/docker-registry', 'serve', str(config)],
            stderr=subprocess.DEVNULL,
        )
        undo.callback(process.wait)
        undo.callback(process.terminate)
        deadline = time.monotonic() + _DEADLINE_S
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError('the bare registry does not start')
            time.sleep(0.05)
        yield f'127.0.0.1:{port}'


def _free_port() -> int:
    with socket.create_server(('127.0.0.1', 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection(('127.0.0.1', port), 1).close()
        return True
    return False
