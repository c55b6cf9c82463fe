"""The table that every benchmark ends with, for people and for programs."""

import argparse
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import json
import math
import pathlib
import signal
import statistics
import sys
from typing import Any


@dataclasses.dataclass(frozen=True)
class Metric:
    """Samples of one figure.

    :ivar target: the most that the median may be; where there is a
        ``baseline``, the most that median / baseline's median may be
    """

    name: str
    unit: str
    samples: Sequence[float]
    target: float | None = None
    baseline: 'Metric | None' = None

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def p90(self) -> float:
        ordered = sorted(self.samples)
        return ordered[math.ceil(0.9 * len(ordered)) - 1]

    @property
    def ratio(self) -> float | None:
        return self.median / self.baseline.median if self.baseline else None

    @property
    def is_reached(self) -> bool | None:
        """Tell whether the target is reached; ``None`` without one."""
        if self.target is None:
            return None
        value = self.median if self.ratio is None else self.ratio
        return value <= self.target


def arguments(name: str, **counts: int) -> argparse.Namespace:
    """Read the options that benchmarks share, and be ready to be stopped.

    :param counts: options that are numbers, with their defaults
    """
    # What a run has made goes away when it is stopped, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(prog=f'tools/quickstart bench {name}')
    for option, default in counts.items():
        parser.add_argument(
            f'--{option}', type=int, default=default, help='%(default)s'
        )
    parser.add_argument('--json', type=pathlib.Path, metavar='FILE')
    return parser.parse_args()


def say(what: str) -> None:
    """Tell how far it is; the table alone goes to standard output."""
    print(what, file=sys.stderr, flush=True)


def rounds(
    count: int, deed: Callable[[], Mapping[str, float]]
) -> Iterator[tuple[str, float]]:
    """Do something so many times; give each name and its figure."""
    for number in range(count):
        say(f'round {number + 1} of {count}')
        yield from deed().items()


def show(metrics: Sequence[Metric], file: pathlib.Path | None) -> None:
    """Print the table; write it as JSON, too, where a file is named."""
    width = max(len(metric.name) for metric in metrics)
    titles = ('n', 'median', 'p90', 'unit', 'ratio', 'target', '')
    print(f'{"metric":{width}}' + _columns(titles))
    for metric in metrics:
        print(f'{metric.name:{width}}' + _columns(_words(metric)))
    if file is not None:
        rows = [as_dict(metric) for metric in metrics]
        file.write_text(json.dumps(rows, indent=1) + '\n')


def as_dict(metric: Metric) -> dict[str, Any]:
    """Give a metric as programs read it."""
    ratio = metric.ratio
    return {
        'metric': metric.name,
        'unit': metric.unit,
        'n': len(metric.samples),
        'median': round(metric.median, 4),
        'p90': round(metric.p90, 4),
        'ratio': None if ratio is None else round(ratio, 2),
        'target': metric.target,
        'pass': metric.is_reached,
    }


def _words(metric: Metric) -> tuple[str, ...]:
    ratio = '' if metric.ratio is None else f'{metric.ratio:.2f}x'
    sign = '' if metric.ratio is None else 'x'
    target = '' if metric.target is None else f'{metric.target:g}{sign}'
    verdict = {None: '', True: 'ok', False: 'above'}[metric.is_reached]
    return (
        str(len(metric.samples)),
        f'{metric.median:.3f}',
        f'{metric.p90:.3f}',
        metric.unit,
        ratio,
        target,
        verdict,
    )


def _columns(words: Sequence[str]) -> str:
    return ''.join(f' {word:>8}' for word in words)
