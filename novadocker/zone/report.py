"""Writes plans and explanations for a person."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from novadocker.zone import explain
from novadocker.zone import fact
from novadocker.zone import model


def names(cloud: model.Cloud) -> dict[str, str]:
    """List the names of images by id."""
    return {each.id: each.name for each in cloud.images if each.name}


def diff(
    changes: Sequence[fact.Change], of: Mapping[str, str]
) -> Iterator[str]:
    """Yield a line for each change, and their count.

    :param of: names of images by id
    """
    for change in changes:
        yield change.line(of)
    yield f'{_counted(len(changes))} to make.'


def done(count: int) -> str:
    """Say how much was changed."""
    return f'{_counted(count)} made.' if count else 'Nothing had to change.'


def explanation(
    question: explain.Question, steps: Sequence[explain.Step]
) -> Iterator[str]:
    """Yield a line for the host, and one for each step."""
    lands = all(step.passes for step in steps)
    yield (
        f'{question.image} {"would" if lands else "would not"} land on '
        f'{question.host.name}:'
    )
    for step in steps:
        line = f'  {"ok" if step.passes else "NO"}  {step.name}'
        yield f'{line}: {step.why}' if step.why else line


def plain(line: str) -> str:
    """Escape what a terminal obeys: images are named by their tenants."""
    return ''.join(
        each
        if each.isprintable()
        else each.encode('unicode_escape').decode('ascii')
        for each in line
    )


def _counted(count: int) -> str:
    return '1 change' if count == 1 else f'{count} changes'
