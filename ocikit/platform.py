"""Platforms: the machine and the operating system that an image is for.

:source: OCI image-spec, image-index.md, "platform"; GOOS and GOARCH of the
    Go documents
"""

import dataclasses

# What uname(2) calls a machine on the left, what images call it on the right.
_ARCHITECTURE_BY_MACHINE = {
    'x86_64': 'amd64',
    'aarch64': 'arm64',
    'armv6l': 'arm',
    'armv7l': 'arm',
    'armv8l': 'arm',
    'i386': '386',
    'i686': '386',
    'loongarch64': 'loong64',
}


# Of the machines that have one name here the one that is usual.
_MACHINE_BY_ARCHITECTURE = {
    architecture: machine
    for machine, architecture in _ARCHITECTURE_BY_MACHINE.items()
    if machine not in ('armv6l', 'armv8l', 'i386')
}


@dataclasses.dataclass(frozen=True)
class Platform:
    """An operating system and an architecture in the words of images."""

    os: str
    architecture: str

    def __str__(self) -> str:
        return f'{self.os}/{self.architecture}'


def from_machine(machine: str, os: str = 'linux') -> Platform:
    """Make the platform of a host from what uname(2) or the engine say."""
    return Platform(os, _ARCHITECTURE_BY_MACHINE.get(machine, machine))


def parse(value: str) -> Platform:
    """Read a platform as its string says it.

    :raises ValueError: it is not two words
    """
    os, slash, architecture = value.partition('/')
    if not (os and slash and architecture) or '/' in architecture:
        raise ValueError(
            f'{value!r} is no platform; expected is one such as linux/amd64'
        )
    return Platform(os, architecture)


def machine_of(platform: Platform) -> str:
    """Give what uname(2) calls the machine that a platform is for."""
    architecture = platform.architecture
    return _MACHINE_BY_ARCHITECTURE.get(architecture, architecture)
