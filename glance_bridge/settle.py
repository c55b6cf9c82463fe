"""Making Glance agree about one tag or one image, whatever it was before.

Events and the reconciler come here. Both only know where to look.
"""

import contextlib
import datetime
from typing import Protocol

from glance_bridge import audit
from glance_bridge import metrics
from glance_bridge import model


class Registry(Protocol):
    def digest_of(self, repository: str, reference: str) -> str | None: ...


class Publisher(Protocol):
    def locked(
        self, repository: model.Repository, tag: str
    ) -> contextlib.AbstractContextManager[None]: ...

    def publish(
        self, repository: model.Repository, tag: str, *, is_push: bool = False
    ) -> model.Publication | None: ...

    def withdraw(self, repository: model.Repository, tag: str) -> None: ...

    def release(self, repository: model.Repository, image_id: str) -> None: ...


class Tombstones(Protocol):
    def publications(
        self, repository: model.Repository, tag: str
    ) -> list[model.Publication]: ...


class Settler:
    """Look at the registry and do what it says.

    :param way: who sent us, for the figures: ``event`` or ``sweep``
    """

    def __init__(
        self,
        registry: Registry,
        publisher: Publisher,
        database: Tombstones,
        way: str,
    ) -> None:
        self._registry = registry
        self._publisher = publisher
        self._database = database
        self._way = way

    def tag(
        self,
        repository: model.Repository,
        tag: str,
        told_at: datetime.datetime = datetime.datetime.min,
    ) -> None:
        """Publish what a tag says now, or withdraw what it said.

        :param told_at: when the registry told of a push, naive UTC. What a
            user deleted in Glance comes back for a push after that alone.
        """
        try:
            # What a front is publishing is not ours to count, so its end is
            # waited for before anything is looked at.
            with self._publisher.locked(repository, tag):
                self._settle(repository, tag, told_at)
        except Exception:
            # Whoever sent us knows whether to come again, and tells the log.
            metrics.PUBLICATIONS.labels(self._way, 'failed').inc()
            raise

    def image(self, repository: model.Repository, image_id: str) -> None:
        """See whether an image is still there, and let go what it held."""
        self._publisher.release(repository, image_id)

    def _settle(
        self,
        repository: model.Repository,
        tag: str,
        told_at: datetime.datetime,
    ) -> None:
        digest = self._registry.digest_of(str(repository), tag)
        known = self._database.publications(repository, tag)
        if digest is None:
            self._publisher.withdraw(repository, tag)
            if any(each.state is model.State.ACTIVE for each in known):
                self._count('withdrawn', repository, tag)
            return
        is_push = any(
            each.state is model.State.DELETED
            and each.digest == digest
            and each.changed_at is not None
            and each.changed_at < told_at
            for each in known
        )
        found = self._publisher.publish(repository, tag, is_push=is_push)
        if found is not None and found not in known:
            self._count('published', repository, tag, found)

    def _count(
        self,
        result: str,
        repository: model.Repository,
        tag: str,
        found: model.Publication | None = None,
    ) -> None:
        metrics.PUBLICATIONS.labels(self._way, result).inc()
        audit.record(
            audit.PUBLISH if found else audit.WITHDRAW,
            audit.DONE,
            repository=str(repository),
            tag=tag,
            digest=found.digest if found else None,
            image_id=found.image_id if found else None,
            way=self._way,
        )
