"""Make a docker-archive of a small system that one can log in to.

Debian's dropbear takes root by key, and by password once one was set; busybox
is the rest. What boots it says on the console what it found, as a kernel
would.
"""

import pathlib

from deploy.quickstart import archive
from deploy.quickstart import process

# Only their programs are used; neither starts anything.
PACKAGES = ('dropbear-bin', 'busybox', 'iproute2', 'iputils-ping')
USER = 'root'

_BUSYBOX = '/bin/busybox'
# Full programs in the place of busybox's own, whose words differ.
_PROGRAMS = ('/usr/sbin/dropbear', _BUSYBOX, '/usr/bin/ping', '/usr/sbin/ip')
_BOOT = """\
#!/bin/sh
echo "$(hostname) boots: $(uname -sr)"
date -u
ip address
df -h /
cat /proc/meminfo | head -n 5
mkdir -p /run /var/run
exec dropbear -F -E -R -P /run/dropbear.pid
"""
# Root needs no sudo, but what logs in may say it.
_SUDO = '#!/bin/sh\nexec "$@"\n'
# Of curl what asks a metadata service, and tells it something.
_CURL = """\
#!/bin/sh
set -eu
body=
while getopts VX:d: option; do
    case $option in
        V) echo 'curl, by the wget of busybox'; exit ;;
        d) body=--post-data=$OPTARG ;;
    esac
done
shift $((OPTIND - 1))
exec wget -q -O - ${body:+"$body"} "$@"
"""
# busybox has none. In the hash there is no vertical bar.
_CHPASSWD = """\
#!/bin/sh
set -eu
IFS=: read -r user password
grep -q "^$user:" /etc/passwd
hash=$(echo "$password" | mkpasswd -m sha512)
sed -i "s|^$user:[^:]*:|$user:$hash:|" /etc/passwd
"""
_SCRIPTS = {
    'etc/boot': _BOOT,
    'usr/bin/sudo': _SUDO,
    'usr/sbin/chpasswd': _CHPASSWD,
    'usr/bin/curl': _CURL,
}
_ETC = {
    'etc/passwd': 'root:*:0:0:root:/root:/bin/sh\n',
    'etc/group': 'root:x:0:\n',
    'etc/shells': '/bin/sh\n/bin/ash\n',
    'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
    'etc/profile': 'export PATH=/usr/sbin:/usr/bin:/sbin:/bin\n',
}
_FOLDERS = {
    'etc/dropbear': 0o700,
    'mnt': 0o755,
    'root': 0o700,
    'tmp': 0o1777,
    'var/log': 0o755,
}
_CONFIG = {
    'Cmd': ['/etc/boot'],
    'Env': ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'],
    'ExposedPorts': {'22/tcp': {}},
}


def build(target: pathlib.Path, reference: str) -> None:
    """Write the archive; another reference makes another image."""
    programs = archive.programs(*_PROGRAMS)
    scripts = {name: text.encode() for name, text in _SCRIPTS.items()}
    root = archive.Root(
        {**programs, **scripts},
        files={**_ETC, 'etc/issue': f'{reference}\n'},
        links=applets(process.run([_BUSYBOX, '--list']), {*programs}),
        folders=_FOLDERS,
    )
    archive.write(target, reference, root, _CONFIG)


def applets(listed: str, taken: set[str]) -> dict[str, str]:
    """Link to busybox each of its names that no program of its own has."""
    names = {pathlib.PurePosixPath(path).name for path in taken}
    names |= {pathlib.PurePosixPath(path).name for path in _SCRIPTS}
    links = {
        f'bin/{name}': _BUSYBOX for name in listed.split() if name not in names
    }
    # The one of busybox takes NET_RAW, which a container has not.
    return {**links, 'bin/ping6': '/usr/bin/ping'}
