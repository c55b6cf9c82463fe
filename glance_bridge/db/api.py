"""Reading and writing the rows.

Every method is one transaction, so that any number of processes may call at
once; a deadlock is tried again a few times.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import datetime
import functools
import sqlite3
from typing import Any
from typing import Concatenate
from typing import ParamSpec
from typing import TypeVar

from oslo_db import api as oslo_db_api
from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import enginefacade
import sqlalchemy
from sqlalchemy import orm

from glance_bridge import exception
from glance_bridge import model
from glance_bridge.db import migration
from glance_bridge.db import table

P = ParamSpec('P')
T = TypeVar('T')


def _now() -> datetime.datetime:
    """Tell the time as the column keeps it: UTC, without a zone."""
    now = datetime.datetime.now(datetime.UTC)
    return now.replace(tzinfo=None, microsecond=0)


def _is_busy(error: Exception) -> bool:
    """Tell whether SQLite has another writer, which oslo.db has no name for.

    :source: SQLite, "Result and Error Codes", SQLITE_BUSY
    """
    cause = getattr(error, 'orig', None)
    return (
        isinstance(cause, sqlite3.OperationalError)
        and cause.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    )


def _kept(
    method: Callable[Concatenate['Database', P], T],
) -> Callable[Concatenate['Database', P], T]:
    """Repeat a transaction that met another one; name what is wrong."""
    repeated = oslo_db_api.wrap_db_retry(
        max_retries=5,
        retry_interval=0.1,
        max_retry_interval=1,
        retry_on_deadlock=True,
        exception_checker=_is_busy,
    )(method)

    @functools.wraps(method)
    def wrapped(self: 'Database', /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            result: T = repeated(self, *args, **kwargs)
        except db_exception.DBNonExistentTable as err:
            raise exception.DatabaseUnavailable(
                'it has no tables; run "glance-bridge-manage db sync".'
            ) from err
        except (db_exception.DBError, sqlalchemy.exc.SQLAlchemyError) as err:
            raise exception.DatabaseUnavailable(type(err).__name__) from err
        return result

    return wrapped


class Database:
    """The rows of the bridge.

    :param options: the options of oslo.db's group ``[database]``
    """

    def __init__(self, options: dict[str, Any]) -> None:
        self._facade = enginefacade.transaction_context()
        self._facade.configure(**options)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[orm.Session]:
        with self._facade.writer.get_sessionmaker().begin() as session:
            yield session

    @contextlib.contextmanager
    def _reading(self) -> Iterator[orm.Session]:
        with self._facade.reader.get_sessionmaker()() as session:
            yield session

    @_kept
    def check(self) -> None:
        """Ask the database for anything.

        :raises DatabaseUnavailable: it does not answer or has no tables
        """
        with self._reading() as session:
            session.execute(sqlalchemy.select(table.BINDINGS).limit(1))

    @_kept
    def sync(self) -> None:
        """Bring the tables to the newest form."""
        migration.upgrade(self._facade.writer.get_engine())

    @_kept
    def bindings(self) -> list[model.Binding]:
        """List every namespace that is bound."""
        query = sqlalchemy.select(table.BINDINGS)
        with self._reading() as session:
            return [
                model.Binding(**row)
                for row in session.execute(query).mappings()
            ]

    @_kept
    def binding(self, namespace: str) -> model.Binding | None:
        """Say whose a namespace is, if it is bound."""
        with self._reading() as session:
            return _binding(session, namespace)

    @_kept
    def add_binding(self, binding: model.Binding) -> model.Binding:
        """Bind a namespace, unless it is bound, and say whose it is now.

        Of several who come at once the first wins.
        """
        values = {
            'namespace': binding.namespace,
            'project_id': binding.project_id,
            'domain_id': binding.domain_id,
        }
        with (
            contextlib.suppress(db_exception.DBDuplicateEntry),
            self._writing() as session,
        ):
            session.execute(table.BINDINGS.insert().values(values))
        with self._reading() as session:
            return _binding(session, binding.namespace) or binding

    @_kept
    def remove_binding(self, namespace: str) -> None:
        """Release a namespace for whoever pushes into it next."""
        chosen = table.BINDINGS.c.namespace == namespace
        with self._writing() as session:
            session.execute(table.BINDINGS.delete().where(chosen))

    @_kept
    def publication(self, image_id: str) -> model.Publication | None:
        """Find what an image of Glance was published for."""
        query = sqlalchemy.select(table.PUBLICATIONS).where(
            table.PUBLICATIONS.c.image_id == image_id
        )
        with self._reading() as session:
            row = session.execute(query).mappings().first()
            return _publication(row) if row else None

    @_kept
    def publications(
        self,
        repository: model.Repository | None = None,
        tag: str | None = None,
    ) -> list[model.Publication]:
        """List publications with their tombstones, the oldest first."""
        columns = table.PUBLICATIONS.c
        query = sqlalchemy.select(table.PUBLICATIONS)
        if repository is not None:
            query = query.where(columns.repository == str(repository))
        if tag is not None:
            query = query.where(columns.tag == tag)
        query = query.order_by(
            columns.changed_at, columns.generation, columns.image_id
        )
        with self._reading() as session:
            return [
                _publication(row) for row in session.execute(query).mappings()
            ]

    @_kept
    def save_publication(self, publication: model.Publication) -> None:
        """Write a publication, whether or not it was known.

        ``changed_at`` moves with the state alone, to now or to what is
        given, which is how a lost row gets its age back.
        """
        values = {
            'repository': str(publication.repository),
            'tag': publication.tag,
            'digest': publication.digest,
            'generation': publication.generation,
            'state': publication.state.value,
            'changed_at': publication.changed_at or _now(),
        }
        rows = table.PUBLICATIONS
        chosen = rows.c.image_id == publication.image_id
        with self._writing() as session:
            query = sqlalchemy.select(rows).where(chosen).with_for_update()
            known = session.execute(query).mappings().first()
            if known is None:
                values['image_id'] = publication.image_id
                session.execute(rows.insert().values(values))
            else:
                if known['state'] == values['state']:
                    del values['changed_at']
                session.execute(rows.update().where(chosen).values(values))

    @_kept
    def remove_publication(self, image_id: str) -> None:
        """Forget a publication: only for what nobody may ask about."""
        chosen = table.PUBLICATIONS.c.image_id == image_id
        with self._writing() as session:
            session.execute(table.PUBLICATIONS.delete().where(chosen))

    @_kept
    def add_failure(
        self, attempt: str, counted: Sequence[str], at_ms: int
    ) -> None:
        """Count an attempt to log in as one that fails.

        :param counted: under which names, of 64 characters at most
        """
        rows = [
            {'attempt': attempt, 'counted': each, 'at_ms': at_ms}
            for each in counted
        ]
        with self._writing() as session:
            session.execute(table.FAILURES.insert(), rows)

    @_kept
    def failures(self, counted: str, since_ms: int) -> list[int]:
        """List when attempts failed, the oldest first."""
        columns = table.FAILURES.c
        query = (
            sqlalchemy.select(columns.at_ms)
            .where(columns.counted == counted, columns.at_ms > since_ms)
            .order_by(columns.at_ms)
        )
        with self._reading() as session:
            return list(session.execute(query).scalars())

    @_kept
    def remove_failure(self, attempt: str, forgiven: str = '') -> None:
        """Take an attempt back, and all that one name is counted for."""
        columns = table.FAILURES.c
        chosen = (columns.attempt == attempt) | (columns.counted == forgiven)
        with self._writing() as session:
            session.execute(table.FAILURES.delete().where(chosen))

    @_kept
    def remove_old_failures(self, until_ms: int) -> None:
        """Forget what is over."""
        chosen = table.FAILURES.c.at_ms <= until_ms
        with self._writing() as session:
            session.execute(table.FAILURES.delete().where(chosen))


def _binding(session: orm.Session, namespace: str) -> model.Binding | None:
    query = sqlalchemy.select(table.BINDINGS).where(
        table.BINDINGS.c.namespace == namespace
    )
    row = session.execute(query).mappings().first()
    return model.Binding(**row) if row else None


def _publication(row: sqlalchemy.RowMapping) -> model.Publication:
    return model.Publication(
        image_id=row['image_id'],
        repository=model.Repository.parse(row['repository']),
        tag=row['tag'],
        digest=row['digest'],
        generation=row['generation'],
        state=model.State(row['state']),
        changed_at=row['changed_at'],
    )
