"""Make a docker-archive of programs that are installed on this machine.

The images are those of the quickstart; it says how they are made.
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from deploy.quickstart import archive  # noqa: E402
from deploy.quickstart import image  # noqa: E402
from deploy.quickstart import ssh_image  # noqa: E402

# Kind of image to the packages that it is made of.
PACKAGES = {'memcached': ('memcached',), 'sshd': ssh_image.PACKAGES}


def build(kind: str, target: pathlib.Path, reference: str) -> None:
    """Write the archive of an image of one kind, under a name."""
    if kind == 'sshd':
        ssh_image.build(target, reference)
    else:
        archive.write(target, reference, image.root(), image.CONFIG)


def main(arguments: list[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest='deed', required=True)
    for deed in ('packages', 'build'):
        command = commands.add_parser(deed)
        command.add_argument('kind', choices=PACKAGES)
        if deed == 'build':
            command.add_argument('target', type=pathlib.Path)
            command.add_argument('reference')
    given = parser.parse_args(arguments)
    if given.deed == 'packages':
        print(*PACKAGES[given.kind])
    else:
        build(given.kind, given.target, given.reference)
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
