"""The system user nova and the folders of each service."""

import os
import pathlib
import pwd

from deploy.quickstart import constants
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import process

# What /etc/passwd says of the user that we make.
_COMMENT = 'nova-docker quickstart'
_PACKAGED = (
    'mysql',
    'rabbitmq',
    'memcache',
    constants.REGISTRY_USER,
    constants.PROXY_USER,
)


def has_user(name: str) -> bool:
    """Tell whether the machine knows a user."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def is_own_user(home: home_module.Home) -> bool:
    """Tell whether user nova is of a quickstart, of whichever home.

    The user says so, and not our state: the two cannot be told apart by
    what happens between them. Earlier ones are known by their home.
    """
    entry = pwd.getpwnam(constants.USER)
    return entry.pw_gecos == _COMMENT or entry.pw_dir == _folder(home)


def create_user(home: home_module.Home) -> None:
    """Create the user nova."""
    process.run(
        [
            *('useradd', '--system', '--user-group', '--no-create-home'),
            *('--home-dir', _folder(home), '--comment', _COMMENT),
            *('--shell', '/usr/sbin/nologin', constants.USER),
        ]
    )


def remove_user(home: home_module.Home) -> None:
    """Remove the user nova, whose processes have ended, if it is ours."""
    if has_user(constants.USER) and is_own_user(home):
        process.run(['userdel', constants.USER])


def _folder(home: home_module.Home) -> str:
    return str(home.data / 'nova')


def make_folders(home: home_module.Home) -> None:
    """Make the folders below the home, each with its owner."""
    for path, owner, mode in _folders(home):
        path.mkdir(parents=True, exist_ok=True)
        entry = pwd.getpwnam(owner)
        os.chown(path, entry.pw_uid, entry.pw_gid)
        path.chmod(mode)
    group = pwd.getpwnam(constants.USER).pw_gid
    # Below the first lies the engine's socket, which is root for who may
    # open it; what is made in the second belongs to its group.
    for name, mode in (('docker', 0o750), ('openvswitch', 0o2755)):
        folder = home.run / name
        folder.mkdir(exist_ok=True)
        os.chown(folder, 0, group)
        folder.chmod(mode)


def _folders(
    home: home_module.Home,
) -> list[tuple[pathlib.Path, str, int]]:
    nova = constants.USER
    data = home.data
    return [
        (home.path, 'root', 0o755),
        (home.etc, 'root', 0o755),
        (home.log, 'root', 0o755),
        (data, 'root', 0o755),
        (home.run, 'root', 0o755),
        (home.run / 'tmp', 'root', 0o1777),
        (home.run / 'ovn', 'root', 0o755),
        (home.run / 'containerd', 'root', 0o700),
        (home.run / 'mysql', 'mysql', 0o755),
        (home.bridge_metrics, nova, 0o750),
        (home.run / 'nginx', constants.PROXY_USER, 0o700),
        (data / 'mysql', 'mysql', 0o700),
        (data / 'rabbitmq', 'rabbitmq', 0o750),
        (data / 'openvswitch', 'root', 0o755),
        (data / 'ovn', 'root', 0o755),
        (data / 'docker', 'root', 0o711),
        (data / 'containerd', 'root', 0o711),
        (data / 'keystone', nova, 0o700),
        (data / 'glance', nova, 0o750),
        (data / 'glance/images', nova, 0o750),
        (data / 'glance/staging', nova, 0o750),
        (data / 'glance/tasks', nova, 0o750),
        # The registry reads the certificate in there; the key is its owner's.
        (data / 'glance-bridge', nova, 0o711),
        (data / 'glance-bridge/locks', nova, 0o700),
        (data / 'registry', constants.REGISTRY_USER, 0o700),
        (data / 'nova', nova, 0o755),
        (data / 'nova/instances', nova, 0o755),
        (data / 'nova/lock', nova, 0o750),
        (data / 'neutron', nova, 0o755),
        (data / 'neutron/lock', nova, 0o755),
        (data / 'cinder', nova, 0o750),
        (data / 'cinder/lock', nova, 0o750),
        # What tenants have written, and the locks of who reads it.
        (data / 'cinder/volumes', 'root', 0o700),
        (data / 'cinder/backend', 'root', 0o700),
    ]


def require_users() -> None:
    """Check the users that the packages bring.

    :raises OperationFailed: one is not there, although the package is
    """
    for name in _PACKAGED:
        if not has_user(name):
            raise exception.OperationFailed(
                f'user {name} is missing: reinstall its Debian package.'
            )
