"""Measure the archive of Glance's store beside a plain pull of its blobs.

Run it as ``tools/quickstart bench archive``, or without a cloud as
``python -m benchmarks.archive`` where nova-docker and docker-registry are
installed: it starts a registry of its own. Each round reads the blobs of the
same image one after the other as they are, and then the archive that the
store makes of them. Nothing is done with the bytes, so that what is compared
is what the store adds. Both sides read what the machine holds in memory.
"""

import collections
import http.client
import os
import sys
import time
from typing import Any
import urllib.parse
import uuid

from glance_store import location as glance_location
from oslo_config import cfg

from benchmarks.measure import memory
from benchmarks.measure import registry
from benchmarks.measure import report
from glance_bridge import location
from glance_bridge.registry import client
from glance_bridge.store import driver
from glance_bridge.store import option
from ocikit import digest as oci_digest
from ocikit import manifest
from ocikit import media_type

MIB = 1024 * 1024
LAYERS = 8
REPOSITORY = 'bench/archive'
GROUP = 'registry'
Samples = dict[str, list[float]]


def main() -> int:
    arguments = report.arguments('archive', count=5, image=2048)
    samples: Samples = collections.defaultdict(list)
    with registry.bare() as address:
        url = f'http://{address}'
        report.say(f'an image of {arguments.image} MiB')
        store = opened(url)
        found = pushed(url, arguments.image)
        for number in range(arguments.count + 1):
            report.say(f'round {number} of {arguments.count}')
            for name, value in run_once(url, store, found).items():
                # The first fills caches.
                if number:
                    samples[name].append(value)
    report.show(metrics(samples), arguments.json)
    return 0


def opened(url: str) -> driver.Store:
    """Make the store as Glance makes it, but for the tokens."""
    conf = cfg.ConfigOpts()
    conf([], project='bench', default_config_files=[])
    conf.register_opts(option.OPTIONS, group=GROUP)
    for name, value in {
        'registry_url': url,
        'registry_token_url': f'{url}/token',
        'registry_user': 'bench',
        'registry_password': 'bench',
    }.items():
        conf.set_override(name, value, group=GROUP)
    store = driver.Store(conf, GROUP)
    vars(store)['_authorize'] = lambda scopes: 'bench'
    store.configure(re_raise_bsc=True)
    return store


def pushed(url: str, size_mib: int) -> manifest.Manifest:
    """Push an image of random layers and tag it."""
    engine = client.Registry(url, lambda scopes: 'bench')

    def push(content: bytes, kind: str) -> manifest.Descriptor:
        digest = oci_digest.from_bytes(content)
        engine.upload_blob(REPOSITORY, digest, [content])
        return manifest.Descriptor(kind, digest, len(content))

    found = manifest.Manifest(
        push(b'{}', media_type.OCI_CONFIG),
        tuple(
            push(os.urandom(size_mib * MIB // LAYERS), media_type.OCI_LAYER)
            for _ in range(LAYERS)
        ),
    )
    content = manifest.write_manifest(found)
    engine.put_manifest(REPOSITORY, 'latest', content, media_type.OCI_MANIFEST)
    return found


def run_once(
    url: str, store: driver.Store, found: manifest.Manifest
) -> dict[str, float]:
    began = time.monotonic()
    for blob in (found.config, *found.layers):
        assert read_blob(url, blob.digest) == blob.size_bytes
    plain_s = time.monotonic() - began
    memory.forget_peak()
    before_mib = memory.held_mib()
    began = time.monotonic()
    chunks, size_bytes = store.get(located(store, found))
    assert sum(map(len, chunks)) == size_bytes
    return {
        'blobs': plain_s,
        'archive': time.monotonic() - began,
        'archive: memory': memory.peak_mib(),
        'archive: growth': max(memory.peak_mib() - before_mib, 0.0),
    }


def read_blob(url: str, digest: str) -> int:
    """Read a blob as plainly as Python can, and count."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc)
    connection.request('GET', f'/v2/{REPOSITORY}/blobs/{digest}')
    response = connection.getresponse()
    pieces = iter(lambda: response.read(MIB), b'')
    size_bytes = sum(map(len, pieces))
    connection.close()
    return size_bytes


def located(store: driver.Store, found: manifest.Manifest) -> Any:
    content = manifest.write_manifest(found)
    uri = location.location_of(
        REPOSITORY, oci_digest.from_bytes(content), str(uuid.uuid4()), GROUP
    )
    return glance_location.Location(
        location.SCHEME,
        driver.StoreLocation,
        store.conf,
        uri=uri,
        backend=GROUP,
    )


def metrics(samples: Samples) -> list[report.Metric]:
    """Put the store beside a plain pull: 0.8 of its speed, 64 MiB."""
    plain = report.Metric('blobs', 's', samples['blobs'])
    return [
        plain,
        report.Metric('archive', 's', samples['archive'], 1 / 0.8, plain),
        report.Metric('archive: memory', 'MiB', samples['archive: memory']),
        report.Metric(
            'archive: growth', 'MiB', samples['archive: growth'], 64
        ),
    ]


if __name__ == '__main__':
    sys.exit(main())
