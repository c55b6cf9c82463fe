"""Immutable tags: which tags stay what they are."""

from collections.abc import Sequence
import fnmatch

from glance_bridge import exception
from glance_bridge import model


class Rules:
    """The operator's patterns, see ``[front] immutable_tags``."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = [
            (repository, tag if colon else '*')
            for repository, colon, tag in (
                pattern.partition(':') for pattern in patterns
            )
        ]

    def check(
        self, repository: model.Repository, tag: str, project_id: str | None
    ) -> None:
        """Check that a tag that points to something else may change.

        :raises Denied: it may not
        """
        names = {str(repository), f'{project_id}/{repository.path}'}
        for wanted, wanted_tag in self._patterns:
            if fnmatch.fnmatchcase(tag, wanted_tag) and any(
                fnmatch.fnmatchcase(name, wanted) for name in names
            ):
                raise exception.Denied(
                    f'The tag {repository}:{tag} is immutable: push under '
                    f'another one.'
                )
