"""Values as people write them: read strictly, or refused with the reason.

Each reader takes the text of one value and gives what it means. It raises
ValueError with a clause that follows "cannot be used:"; which key it was, the
caller knows.
"""

from collections.abc import Callable
import re

from novadocker import model

# capabilities(7) up to Linux 6.
CAPABILITIES = frozenset(
    (
        *('AUDIT_CONTROL', 'AUDIT_READ', 'AUDIT_WRITE', 'BLOCK_SUSPEND'),
        *('BPF', 'CHECKPOINT_RESTORE', 'CHOWN', 'DAC_OVERRIDE'),
        *('DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'IPC_LOCK', 'IPC_OWNER'),
        *('KILL', 'LEASE', 'LINUX_IMMUTABLE', 'MAC_ADMIN', 'MAC_OVERRIDE'),
        *('MKNOD', 'NET_ADMIN', 'NET_BIND_SERVICE', 'NET_BROADCAST'),
        *('NET_RAW', 'PERFMON', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID'),
        *('SYSLOG', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_CHROOT', 'SYS_MODULE'),
        *('SYS_NICE', 'SYS_PACCT', 'SYS_PTRACE', 'SYS_RAWIO', 'SYS_RESOURCE'),
        *('SYS_TIME', 'SYS_TTY_CONFIG', 'WAKE_ALARM'),
    )
)
# Those that the engine knows (docker/go-units, ulimit.go).
ULIMITS = frozenset(
    (
        *('core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue'),
        *('nice', 'nofile', 'nproc', 'rss', 'rtprio', 'rttime', 'sigpending'),
        *('stack',),
    )
)
UNLIMITED = -1

_ULIMIT = re.compile(r'([a-z]+)=(-1|\d{1,18})(?::(-1|\d{1,18}))?', re.ASCII)
_WHOLE = re.compile(r'-?\d{1,18}', re.ASCII)
_RUNTIME = re.compile(r'[A-Za-z0-9][A-Za-z0-9_.-]{0,62}')
_MIN_QUOTA_US = 1000
# What a fault has room for.
_SHOWN_CHARS = 80


def shown(value: str) -> str:
    """Give a stranger's value as it may stand in a sentence."""
    text = value if value.isprintable() else ascii(value)
    return text[:_SHOWN_CHARS]


def boolean(value: str) -> bool:
    """Read a strict boolean: what is neither true nor false is an error."""
    words = {'true': True, 'false': False}
    if value.strip().lower() not in words:
        raise ValueError('it has to be true or false')
    return words[value.strip().lower()]


def runtime(value: str) -> str:
    """Read the name of a runtime of the engine."""
    if not _RUNTIME.fullmatch(value.strip()):
        raise ValueError('it is no name of a runtime')
    return value.strip()


def whole(
    least: int, most: int, *, zero_is_unset: bool = False
) -> Callable[[str], int | None]:
    """Make a reader of whole numbers in a range."""

    def read(value: str) -> int | None:
        found = _number(value)
        if found == 0 and zero_is_unset:
            return None
        if found is None or not least <= found <= most:
            raise ValueError(
                f'it has to be a whole number from {least} to {most}'
            )
        return found

    return read


def cpu_quota_us(value: str) -> int | None:
    """Read microseconds per period; negative is unlimited, 0 is unset."""
    found = _number(value)
    if found == 0:
        return None
    if found is not None and found < 0:
        return UNLIMITED
    if found is None or found < _MIN_QUOTA_US:
        raise ValueError(
            f'it has to be a whole number of at least {_MIN_QUOTA_US}, or '
            'negative'
        )
    return found


def capabilities(value: str) -> tuple[str, ...]:
    """Read names of capabilities, with or without their prefix CAP_."""
    names = [name.strip().upper() for name in value.split(',')]
    names = [name.removeprefix('CAP_') for name in names]
    for name in names:
        if name not in CAPABILITIES:
            raise ValueError(
                f'"{shown(name)}" is no capability; it has to be names such '
                'as NET_RAW,SYS_NICE'
            )
    return tuple(dict.fromkeys(names))


def confined_capabilities(value: str) -> tuple[str, ...]:
    """Read names of capabilities, but for the one that no port confines.

    NOTE: a container without a user namespace of its own that has NET_ADMIN
    has it over every network that it can name, and the far end of its own
    veth names the host's (rtnetlink(7), IFLA_LINK_NETNSID): it can delete the
    devices of other servers and plug itself into their networks.
    """
    names = capabilities(value)
    if 'NET_ADMIN' in names:
        raise ValueError(
            'NET_ADMIN reaches the networks of the host and of other '
            'servers. docker:privileged=true has it, for servers that may'
        )
    return names


def capabilities_or_all(value: str) -> tuple[str, ...]:
    """Read names of capabilities, or the one word ALL."""
    if value.strip().upper() == 'ALL':
        return ('ALL',)
    return capabilities(value)


def ulimits(value: str) -> tuple[model.Ulimit, ...]:
    """Read ``NAME=SOFT[:HARD]`` pairs; -1 is unlimited."""
    found: dict[str, model.Ulimit] = {}
    for word in value.split(','):
        match = _ULIMIT.fullmatch(word.strip())
        if match is None or match[1] not in ULIMITS:
            raise ValueError(
                'it has to be NAME=SOFT[:HARD], comma-separated; names are '
                + ' '.join(sorted(ULIMITS))
            )
        name, soft, hard = match[1], int(match[2]), int(match[3] or match[2])
        if name in found:
            raise ValueError(f'{name} stands twice')
        if hard != UNLIMITED and not 0 <= soft <= hard:
            raise ValueError(f'the soft limit of {name} is above the hard one')
        found[name] = model.Ulimit(name, soft, hard)
    return tuple(found.values())


def _number(value: str) -> int | None:
    text = value.strip()
    return int(text) if _WHOLE.fullmatch(text) else None
