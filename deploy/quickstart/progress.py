"""Show what is going on: a spinner on a terminal, plain lines elsewhere."""

from collections.abc import Iterator
import contextlib
import dataclasses
import time

import rich.console


@dataclasses.dataclass
class Progress:
    """The phases of one command and the seconds that each took."""

    console: rich.console.Console
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)

    @contextlib.contextmanager
    def phase(self, name: str, what: str) -> Iterator[None]:
        """Time a phase; one that fails is said to have failed."""
        started = time.monotonic()
        mark = '[red]failed[/red]'
        try:
            if self.console.is_terminal:
                with self.console.status(what):
                    yield
            else:
                yield
            mark = '[green]ok[/green]'
        finally:
            self.seconds[name] = time.monotonic() - started
            self.console.print(
                f'  {name:<12} {what:<52} {self.seconds[name]:6.1f} s  {mark}',
                highlight=False,
                soft_wrap=True,
            )
