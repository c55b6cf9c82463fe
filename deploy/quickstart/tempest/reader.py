"""Turn a subunit stream into lines of JSON, one for each test that ended.

The only file here that tempest's own Python runs, since subunit and
testtools are there: ``stestr run --subunit | python reader.py``.
"""

import json
import sys
from typing import Any

import subunit
import testtools


def write(test: dict[str, Any]) -> None:
    """Write down one test; what it says in words is kept."""
    if test['status'] == 'exists':
        return
    began, ended = test['timestamps']
    seconds = (ended - began).total_seconds() if began and ended else 0.0
    texts = [
        content.as_text()
        for name, content in test['details'].items()
        if content.content_type.type == 'text' and 'pythonlogging' not in name
    ]
    row = {
        'name': test['id'],
        'status': test['status'],
        'seconds': seconds,
        'text': '\n'.join(texts),
    }
    print(json.dumps(row), flush=True)


def main() -> None:
    result = testtools.StreamToDict(write)
    result.startTestRun()
    stream = subunit.ByteStreamToStreamResult(
        sys.stdin.buffer, non_subunit_name='output'
    )
    stream.run(result)
    result.stopTestRun()


if __name__ == '__main__':
    main()
