"""Read a subunit stream: counts, a log of what failed, progress.

The only file here that a virtual environment's Python runs, since subunit
and testtools are there: ``python stream.py TITLE OUTCOME LOG < stream``.
"""

import json
import pathlib
import sys
import time
from typing import Any

import subunit
import testtools

PROGRESS_S = 15
PASSED = ('success', 'xfail')


class Tally:
    """Count tests as they end, and write down those that did not pass."""

    def __init__(self, title: str, log: Any) -> None:
        self._title = title
        self._log = log
        self._spoke = time.monotonic()
        self.passed = 0
        self.skipped = 0
        self.failed: list[str] = []
        self._announced: set[str] = set()
        self._ended: set[str] = set()

    def add(self, test: dict[str, Any]) -> None:
        """Take one test, as it is announced and again as it ends."""
        status = test['status']
        if status == 'exists':
            self._announced.add(test['id'])
            return
        self._ended.add(test['id'])
        if status in PASSED:
            self.passed += 1
        elif status == 'skip':
            self.skipped += 1
            self._write('SKIP', test)
        else:
            self.failed.append(test['id'])
            self._write('FAIL', test)
            print(f'{self._title}: FAIL {test["id"]}', flush=True)
        self._speak()

    def close(self) -> None:
        """Count as failed what a worker took to its grave.

        stestr keeps silent about a worker that ends early (a sys.exit in a
        test is enough), and about the tests that were still before it.
        """
        for name in sorted(self._announced - self._ended):
            if self._is_of_failed_group(name):
                continue
            self.failed.append(f'{name} (not run: its worker ended)')
            print(f'{self._title}: FAIL {self.failed[-1]}', flush=True)

    def _is_of_failed_group(self, name: str) -> bool:
        """Tell whether unittest has told of its class or module instead."""
        of_class = name.rpartition('.')[0]
        of_module = of_class.rpartition('.')[0]
        return (
            f'setUpClass ({of_class})' in self.failed
            or f'setUpModule ({of_module})' in self.failed
        )

    def _write(self, word: str, test: dict[str, Any]) -> None:
        self._log.write(f'\n{word} {test["id"]} ({test["status"]})\n')
        for name, content in test['details'].items():
            if content.content_type.type == 'text':
                self._log.write(f'-- {name}\n{content.as_text()}\n')

    def _speak(self) -> None:
        if time.monotonic() - self._spoke < PROGRESS_S:
            return
        self._spoke = time.monotonic()
        done = self.passed + self.skipped + len(self.failed)
        print(
            f'{self._title}: {done} tests, {len(self.failed)} failed so far',
            flush=True,
        )


class Output(testtools.StreamResult):
    """Write down what programs said between the tests."""

    def __init__(self, log: Any) -> None:
        super().__init__()
        self._log = log

    def status(self, **packet: Any) -> None:  # type: ignore[override]
        if packet.get('test_id') is None and packet.get('file_bytes'):
            self._log.write(
                bytes(packet['file_bytes']).decode(errors='replace')
            )


def main(title: str, outcome: str, log: str) -> None:
    with pathlib.Path(log).open('a', encoding='utf-8') as out:
        tally = Tally(title, out)
        result = testtools.CopyStreamResult(
            [testtools.StreamToDict(tally.add), Output(out)]
        )
        result.startTestRun()
        case = subunit.ByteStreamToStreamResult(
            sys.stdin.buffer, non_subunit_name='output'
        )
        case.run(result)
        result.stopTestRun()
        tally.close()
    pathlib.Path(outcome).write_text(
        json.dumps(
            {
                'passed': tally.passed,
                'skipped': tally.skipped,
                'failed': tally.failed,
            }
        )
    )


if __name__ == '__main__':
    main(*sys.argv[1:])
