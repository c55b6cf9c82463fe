"""Reading both sides whole, with a few threads."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from concurrent import futures
from typing import Protocol
from typing import TypeVar

from oslo_log import log as logging

from glance_bridge import exception
from glance_bridge import location
from glance_bridge import model
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.reconcile import model as reconcile_model

LOG = logging.getLogger(__name__)

A = TypeVar('A')
B = TypeVar('B')


class Registry(Protocol):
    def repositories(self) -> Iterator[str]: ...

    def tags(self, repository: str) -> list[str]: ...

    def digest_of(self, repository: str, reference: str) -> str | None: ...


class Catalogue(Protocol):
    def images(self, **filters: str) -> Iterable[catalogue_image.Image]: ...


class Database(Protocol):
    def publications(self) -> list[model.Publication]: ...

    def bindings(self) -> list[model.Binding]: ...


class Survey:
    """Look at everything once.

    :param threads: how many tags are asked for at once
    """

    def __init__(
        self,
        registry: Registry,
        catalogue: Catalogue,
        database: Database,
        threads: int,
    ) -> None:
        self._registry = registry
        self._catalogue = catalogue
        self._database = database
        self._threads = threads

    def look(self) -> reconcile_model.World:
        """Read the registry, Glance and the rows, in this order.

        :raises ServiceUnavailable: one of them is away
        """
        with futures.ThreadPoolExecutor(self._threads) as pool:
            listed, unread = self._listed(pool)
            tags, also_unread = self._digests(pool, listed)
        unread |= also_unread
        for each in sorted(unread):
            LOG.warning('%s cannot be read and is left as it is', each)
        images = list(self._catalogue.images(container_format='docker'))
        publications = self._database.publications()
        published = {each.image_id for each in publications}
        return reconcile_model.World(
            tags={
                (repository, tag): digest
                for (repository, tag), digest in tags.items()
                if repository not in unread
            },
            pins={
                (repository, tag): image_id
                for repository, tag in listed
                if (image_id := location.image_of_pin(tag)) is not None
                and repository not in unread
            },
            images={
                each.id: each
                for each in images
                # Its owner may take the property away: it is there still.
                if catalogue_image.REPOSITORY in each.properties
                or each.id in published
            },
            image_ids=frozenset(each.id for each in images),
            publications=tuple(
                each for each in publications if each.repository not in unread
            ),
            namespaces=frozenset(
                each.namespace for each in self._database.bindings()
            ),
        )

    def _listed(
        self, pool: futures.Executor
    ) -> tuple[list[reconcile_model.Tag], set[model.Repository]]:
        """List every tag, the bridge's own ones as well."""
        repositories = list(_ours(self._registry.repositories()))
        found, unread = _each(
            pool, repositories, lambda each: self._registry.tags(str(each))
        )
        tags = [(each, tag) for each, names in found.items() for tag in names]
        return tags, unread

    def _digests(
        self, pool: futures.Executor, listed: list[reconcile_model.Tag]
    ) -> tuple[dict[reconcile_model.Tag, str | None], set[model.Repository]]:
        """Ask what each tag of a tenant points to."""
        tags = [each for each in listed if not location.is_pin(each[1])]
        found, unread = _each(
            pool,
            tags,
            lambda each: self._registry.digest_of(str(each[0]), each[1]),
        )
        return found, {repository for repository, _ in unread}


def _each(
    pool: futures.Executor, items: Iterable[A], ask: Callable[[A], B]
) -> tuple[dict[A, B], set[A]]:
    """Ask about many at once; what is refused stands apart."""
    asked = {pool.submit(ask, item): item for item in items}
    found, unread = {}, set()
    try:
        for future in futures.as_completed(asked):
            try:
                found[asked[future]] = future.result()
            except exception.RegistryRefused as err:
                LOG.debug('%s: %s', asked[future], err)
                unread.add(asked[future])
    except BaseException:
        # Nobody waits for the rest of thousands.
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    return found, unread


def _ours(names: Iterable[str]) -> Iterator[model.Repository]:
    """Leave out what nobody could have pushed through a front."""
    for name in names:
        try:
            yield model.Repository.parse(name)
        except exception.NameInvalid:
            LOG.debug('%s is in no namespace', name)
