"""Write the tests that say nothing of containers as tempest's exclude list.

They and the reasons are those of the quickstart's cloud. Needs PyYAML.
"""

import pathlib
import sys

import yaml

SKIPS = (
    pathlib.Path(__file__).resolve().parents[2]
    / 'deploy/quickstart/tempest/skips.yaml'
)


def exclude_list(text: str) -> str:
    """Turn the entries of skips.yaml into lines of an exclude list."""
    return ''.join(
        f'# {entry["reason"].strip()}\n{entry["tests"].strip()}\n'
        for entry in yaml.safe_load(text)
    )


if __name__ == '__main__':
    sys.stdout.write(exclude_list(SKIPS.read_text()))
