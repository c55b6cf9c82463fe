"""Where the time of a deed went, as the driver tells in nova-compute's log."""

import pathlib
import re
import time

_STAGE = re.compile(r'(?P<name>[a-zA-Z ]+) (?P<seconds>\d+\.\d+) s')
_DEADLINE_S = 10.0

# Not the driver's own work: Neutron's, and a wait that an operator chose.
WAITS = ('ports', 'wait for Neutron', 'check')


class Log:
    """Reads the seconds of each stage of what was done to a server."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path

    def stages(self, server_id: str, word: str = 'Booted') -> dict[str, float]:
        """Give the seconds by stage; the line may come a moment late.

        :param word: what the driver's line begins with
        """
        wanted = re.compile(
            rf'\[instance: {server_id}\] {word}[^:]*: (?P<rest>.*)'
        )
        deadline = time.monotonic() + _DEADLINE_S
        while time.monotonic() < deadline:
            for line in reversed(self._path.read_text().splitlines()):
                if match := wanted.search(line):
                    return parse(match['rest'])
            time.sleep(0.1)
        raise RuntimeError(f'{self._path} says nothing of {server_id}')


def parse(line: str) -> dict[str, float]:
    """Read the seconds of each stage from the driver's own words."""
    return {
        match['name'].strip(): float(match['seconds'])
        for match in _STAGE.finditer(line)
    }


def own_s(stages: dict[str, float]) -> float:
    """Sum up what the driver itself took."""
    return sum(s for name, s in stages.items() if name not in WAITS)
