"""The levels: what each needs and how much of the time is its own."""

from collections.abc import Sequence
import dataclasses

NOVA = ('nova-34', 'nova-33')


@dataclasses.dataclass(frozen=True)
class Level:
    """One level.

    :ivar environments: names of the virtual environments it runs in, one
        run each; the files of the same name are in tests/constraints
    :ivar minutes: its part of the 75 minutes of a whole run; what an
        earlier level leaves is added
    :ivar only: regular expression for the names of its tests, if it has not
        all of the folder
    :ivar tempest: regular expression for the tests of tempest that it has
        instead of a folder
    :ivar packages: Debian packages, of which only programs are used
    :ivar network: Neutron's back end in the cloud that it needs, if any
    :ivar options: what else that cloud is to have
    :ivar is_trixie: whether the tests' Docker engine is that of Debian 13
    :ivar is_full: whether only ``--full`` or its own name starts it
    """

    name: str
    environments: Sequence[str]
    minutes: int
    tests: str = ''
    only: str = ''
    tempest: str = ''
    packages: Sequence[str] = ()
    needs_root: bool = False
    network: str = ''
    options: Sequence[str] = ()
    is_trixie: bool = False
    is_full: bool = False

    @property
    def repeats(self) -> bool:
        """Tell whether a test that fails is run once more.

        Those do that have daemons or the threads of Nova's services.
        """
        return self.needs_root or self.tests == 'tests/suites'

    @property
    def cloud(self) -> tuple[str, ...]:
        """Tell what the quickstart is told for this level, if anything."""
        if not self.network:
            return ()
        return ('--network', self.network, '--volumes', *self.options)

    def title(self, environment: str) -> str:
        """Name one run of this level."""
        if len(self.environments) == 1:
            return self.name
        return f'{self.name}[{environment}]'


# What the functional tests run daemons of their own from.
_DAEMONS = (
    *('docker.io', 'iproute2', 'iputils-ping', 'openvswitch-switch'),
    *('busybox', 'docker-registry', 'dropbear-bin', 'sudo'),
    *('ca-certificates', 'chromium-headless-shell', 'etcd-server'),
    *('e2fsprogs', 'mariadb-server', 'nginx', 'xfsprogs'),
)

# What tests of a cloud use beside it: one of them gives a server a volume that
# is to grow in use, another has an image with a web server.
_PROGRAMS = ('busybox', 'curl', 'xfsprogs')
# Modules of a cloud that take long for what they add: every service killed,
# a host that boots, one with dedicated CPUs, ports under Neutron's iptables
# firewall; and those whose rows the functional tests have as well.
_LONG = (
    r'(\w+_each|survival\w*|hybrid|console|cpu|\w*hosts|rescue|suspend|'
    r'bridge_(login|pull|store))'
)
# What needs a cloud with Heat in it.
_STACKS = 'stack'
# Of the functional tests: daemons that end at each step of a boot or stand
# still, leases that run out, volumes on two hosts, images with an sshd.
_SLOW = r'(bridge_locks|survival_(midway|frozen)|volume_move|ssh_image)'

# The order is that of a reader's patience: what fails in seconds comes first.
LEVELS = (
    Level('style', ('style',), 5),
    Level('unit', NOVA[:1], 6, 'tests/unit'),
    Level('contract', NOVA, 8, 'tests/contract'),
    # NOTE: the fixtures that its suites need run in Nova 33 with eventlet
    # only.
    Level(
        'nova-suites',
        NOVA[:1],
        7,
        'tests/suites',
        only=r'tests\.suites\.test_(?!(cpu|hosts|volumes)\.)',
    ),
    Level(
        'functional',
        NOVA[:1],
        16,
        'tests/functional',
        only=rf'tests\.functional\.test_(?!{_SLOW}\.)',
        packages=_DAEMONS,
        needs_root=True,
    ),
    Level(
        'integration',
        NOVA[:1],
        25,
        'tests/integration',
        only=rf'tests\.integration\.test_(?!({_LONG}|{_STACKS})\.)',
        packages=_PROGRAMS,
        needs_root=True,
        network='ovs',
    ),
    Level(
        'tempest-smoke',
        ('tempest',),
        8,
        # What tempest itself calls smoke, but for the one test of networks
        # that takes two minutes.
        tempest=(
            r'^tempest\.(api\.compute|scenario\.test_server_\w+)\.'
            r'.*[\[,]smoke[,\]]'
        ),
        needs_root=True,
        network='ovs',
    ),
    Level(
        'nova-suites-hosts',
        NOVA[:1],
        20,
        'tests/suites',
        only=r'tests\.suites\.test_(cpu|hosts|volumes)\.',
        is_full=True,
    ),
    Level(
        'functional-26',
        NOVA[:1],
        16,
        'tests/functional',
        only=(
            r'tests\.functional\.test_'
            r'(boot|bridge_(front|installation|login|pull|store)|console\w*|'
            r'cpu|diagnostics|engine|guest|hardening|image|layer|migration|'
            r'rebuild|rescue|runtime|snapshot|ssh_image|survival\w*|suspend|'
            r'terminal|volume\w*)\.'
        ),
        packages=(
            *('busybox', 'chromium-headless-shell', 'debootstrap'),
            *('docker.io', 'dropbear-bin', 'iproute2', 'iputils-ping'),
            *('docker-registry', 'e2fsprogs', 'openvswitch-switch'),
            'xfsprogs',
        ),
        needs_root=True,
        is_trixie=True,
        is_full=True,
    ),
    Level(
        'functional-long',
        NOVA[:1],
        8,
        'tests/functional',
        only=rf'tests\.functional\.test_{_SLOW}\.',
        packages=_DAEMONS,
        needs_root=True,
        is_full=True,
    ),
    Level(
        'integration-long',
        NOVA[:1],
        40,
        'tests/integration',
        only=rf'tests\.integration\.test_{_LONG}\.',
        needs_root=True,
        network='ovs',
        is_full=True,
    ),
    Level(
        'integration-stacks',
        NOVA[:1],
        10,
        'tests/integration',
        only=rf'tests\.integration\.test_{_STACKS}\.',
        needs_root=True,
        network='ovs',
        options=('--stacks',),
        is_full=True,
    ),
    Level(
        'integration-ovn',
        NOVA[:1],
        35,
        'tests/integration',
        packages=_PROGRAMS,
        needs_root=True,
        network='ovn',
        is_full=True,
    ),
    Level(
        'tempest-plugin',
        ('tempest',),
        20,
        tempest=r'^novadocker_tempest_plugin\.',
        needs_root=True,
        network='ovs',
        is_full=True,
    ),
    Level(
        'tempest',
        ('tempest',),
        90,
        tempest=r'^tempest\.(api\.compute|scenario)\.',
        needs_root=True,
        network='ovs',
        is_full=True,
    ),
)


def chosen(names: Sequence[str], *, full: bool) -> list[Level]:
    """Pick levels in their own order; without names, those of a whole run."""
    if names:
        return [each for each in LEVELS if each.name in names]
    return [each for each in LEVELS if full or not each.is_full]


def deadlines_s(levels: Sequence[Level]) -> list[int]:
    """Tell for each level when it has to be over, counted from the start."""
    ends = []
    end = 0
    for level in levels:
        end += level.minutes * 60
        ends.append(end)
    return ends
