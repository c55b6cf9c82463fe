"""Make a docker-archive of Debian's memcached: the program and a user."""

import pathlib

from deploy.quickstart import archive
from deploy.quickstart import constants

_PROGRAM = '/usr/bin/memcached'
_ETC = {
    'etc/passwd': (
        'root:x:0:0:root:/:/usr/sbin/nologin\n'
        'memcache:x:11211:11211:memcached:/:/usr/sbin/nologin\n'
    ),
    'etc/group': 'root:x:0:\nmemcache:x:11211:\n',
    'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
}
CONFIG = {
    'Cmd': ['memcached', '--memory-limit=32', '-v'],
    'Env': ['PATH=/usr/bin'],
    'ExposedPorts': {f'{constants.MEMCACHED_PORT}/tcp': {}},
    'User': 'memcache',
}


def root() -> archive.Root:
    """Gather what the image has."""
    return archive.Root(archive.programs(_PROGRAM), files=_ETC)


def build(target: pathlib.Path) -> None:
    """Write the archive."""
    archive.write(target, constants.IMAGE, root(), CONFIG)
