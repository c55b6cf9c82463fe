"""Which tests are run, and the reason for each that is not. Pure."""

from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
import pathlib
import re

import yaml

from deploy.quickstart import exception

SKIPS = pathlib.Path(__file__).parent / 'skips.yaml'


@dataclasses.dataclass(frozen=True)
class Rule:
    """Tests that are left out, and why."""

    pattern: re.Pattern[str]
    reason: str


@dataclasses.dataclass(frozen=True)
class Selection:
    """The tests to run; ``excluded`` has those left out and the reasons."""

    chosen: Sequence[str]
    excluded: dict[str, str]


def rules(text: str) -> list[Rule]:
    """Read the list of what is left out.

    :raises OperationFailed: an entry is not a pattern and its reason
    """
    found = []
    for entry in yaml.safe_load(text) or ():
        try:
            rule = Rule(re.compile(entry['tests']), entry['reason'].strip())
        except (AttributeError, KeyError, TypeError, re.error) as err:
            raise exception.OperationFailed(
                f'{SKIPS.name}: {entry!r} is not tests and a reason: {err!r}'
            ) from err
        found.append(rule)
    return found


def select(
    names: Iterable[str], regex: str, rules: Sequence[Rule]
) -> Selection:
    """Choose the tests that match, but those that a rule leaves out.

    :raises OperationFailed: the expression is none, matches nothing, or a
        rule matches no test and so speaks of another tempest
    """
    known = list(names)
    for rule in rules:
        if not any(map(rule.pattern.search, known)):
            raise exception.OperationFailed(
                f'{SKIPS.name}: no test matches {rule.pattern.pattern!r}.'
            )
    matching = [name for name in known if _compile(regex).search(name)]
    if not matching:
        raise exception.OperationFailed(f'No test matches {regex!r}.')
    excluded = {
        name: rule.reason
        for name in matching
        for rule in reversed(rules)
        if rule.pattern.search(name)
    }
    return Selection([it for it in matching if it not in excluded], excluded)


def _compile(regex: str) -> re.Pattern[str]:
    try:
        return re.compile(regex)
    except re.error as err:
        raise exception.OperationFailed(
            f'{regex!r} is no regular expression: {err}.'
        ) from err
