"""Put what the driver asks of an engine into its daemon.json, or drop it.

All else in the file stays. It runs as root with the system's Python, so it
imports nothing but the standard library.
"""

import argparse
from collections.abc import Callable
import json
import os
import pathlib
import sys
from typing import Any

Settings = dict[str, Any]

# doc/source/admin/install.rst says what each is for.
ENGINE: Settings = {
    'bridge': 'none',
    'features': {'containerd-snapshotter': False},
    'iptables': False,
    'live-restore': True,
}


def wanted(runtime: str) -> Settings:
    """Name all that a docker host needs.

    :param runtime: path of the wrapper
    """
    return {**ENGINE, 'runtimes': {'nova': {'path': runtime}}}


def put(found: Settings, wanted: Settings) -> Settings:
    """Add what is wanted; whoever has other runtimes keeps them."""
    result = dict(found)
    for name, value in wanted.items():
        result[name] = (
            put(result.get(name, {}), value)
            if isinstance(value, dict)
            else value
        )
    return result


def drop(found: Settings, wanted: Settings) -> Settings:
    """Remove what is as it was put, and keep what somebody has changed."""
    result = dict(found)
    for name, value in wanted.items():
        if isinstance(value, dict) and isinstance(result.get(name), dict):
            rest = drop(result.pop(name), value)
            if rest:
                result[name] = rest
        elif result.get(name) == value:
            del result[name]
    return result


# The wrapper is not there before the driver is installed.
DEEDS: dict[str, Callable[[Settings, str], Settings]] = {
    'prepare': lambda found, runtime: put(found, ENGINE),
    'put': lambda found, runtime: put(found, wanted(runtime)),
    'drop': lambda found, runtime: drop(found, wanted(runtime)),
}


def main(arguments: list[str]) -> int:
    """Say ``changed`` if the engine has to be started again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('deed', choices=DEEDS)
    parser.add_argument('path', type=pathlib.Path)
    parser.add_argument('runtime')
    given = parser.parse_args(arguments)
    text = given.path.read_text() if given.path.exists() else ''
    try:
        before = json.loads(text or '{}')
    except ValueError as err:
        print(f'{given.path} is not JSON: {err}', file=sys.stderr)
        return 1
    after = DEEDS[given.deed](before, given.runtime)
    if after == before:
        print('unchanged')
        return 0
    partial = given.path.with_suffix('.new')
    partial.write_text(json.dumps(after, indent=4) + '\n')
    os.replace(partial, given.path)
    print('changed')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
