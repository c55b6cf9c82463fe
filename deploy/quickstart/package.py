"""Install what is missing from Debian, without starting any of it.

The packages' own services stay as they are: a service of the same name that
the machine already runs is not started, stopped or reconfigured.
"""

from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import os
import pathlib

from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import process

PACKAGES = (
    'mariadb-server-core',
    'mariadb-client-core',
    'mariadb-server',
    'rabbitmq-server',
    'memcached',
    'openvswitch-switch',
    'ovn-central',
    'ovn-host',
    'docker.io',
    'containerd',
    'docker-registry',
    'nginx-light',
    'runc',
    'uwsgi-core',
    'uwsgi-plugin-python3',
    'dnsmasq-base',
    'dnsmasq-utils',
    'haproxy',
    'conntrack',
    'ipset',
    'iptables',
    'keepalived',
    'radvd',
    'iproute2',
    'iputils-arping',
    'iputils-ping',
    'ethtool',
    'kmod',
    'netcat-openbsd',
    'procps',
    'sudo',
)

POLICY = pathlib.Path('/usr/sbin/policy-rc.d')
POLICY_TEXT = '#!/bin/sh\n# Of nova-docker, while it installs.\nexit 101\n'
_ASIDE = 'policy-rc.d.nova-docker-saved'


def install(
    home: home_module.Home, packages: Sequence[str] = PACKAGES
) -> None:
    """Install the packages that are missing.

    :raises OperationFailed: apt did, its log is named
    """
    missing = missing_packages(packages)
    if not missing:
        return
    log = home.log_of('apt')
    env = {**os.environ, 'DEBIAN_FRONTEND': 'noninteractive'}
    with services_kept_from_starting():
        # A dpkg that was killed half-way is finished first.
        process.run(['dpkg', '--configure', '-a'], env=env, log=log)
        process.run(['apt-get', 'update', '-q'], env=env, log=log)
        process.run(
            [
                'apt-get',
                'install',
                '-qy',
                '--no-install-recommends',
                '-o',
                'DPkg::Lock::Timeout=120',
                *missing,
            ],
            env=env,
            log=log,
        )


def missing_packages(packages: Sequence[str] = PACKAGES) -> list[str]:
    """List those of the packages that are not installed."""
    try:
        answer = process.run(
            ['dpkg-query', '-W', '-f', '${Package} ${db:Status-Abbrev}\n']
        )
    except exception.OperationFailed:
        answer = ''
    return [name for name in packages if name not in installed(answer)]


def installed(answer: str) -> set[str]:
    """Read which packages dpkg-query calls fully installed."""
    rows = (line.split() for line in answer.splitlines())
    return {row[0] for row in rows if len(row) == 2 and row[1] == 'ii'}


@contextlib.contextmanager
def services_kept_from_starting(
    policy: pathlib.Path = POLICY,
) -> Iterator[None]:
    """Tell Debian's invoke-rc.d to start nothing, for a while.

    A policy that was there is put aside and back, also one that an
    interrupted run left aside.
    """
    aside = policy.with_name(_ASIDE)
    is_theirs = policy.exists() and policy.read_text() != POLICY_TEXT
    if is_theirs and not aside.exists():
        policy.rename(aside)
    policy.write_text(POLICY_TEXT)
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()
        if aside.exists():
            aside.rename(policy)
