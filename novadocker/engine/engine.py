"""The engine: the one place that talks to dockerd.

It takes and gives values of model.py. What they look like to the engine is
said in payload.py and reading.py, what its failures mean in error.py. Nothing
is decided here: whether a container is ours, identity.py knows.
"""

from collections.abc import Generator
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import tarfile
import time
from typing import Any

from novadocker import constants
from novadocker import exception
from novadocker import model
from novadocker.engine import connection
from novadocker.engine import error
from novadocker.engine import inside
from novadocker.engine import payload
from novadocker.engine import reading
from novadocker.engine import tail

# What waits for the kernel and the disk rather than for the engine: a start,
# a removal.
_DEED_TIMEOUT_S = 300
# Loading, committing and saving write a whole image to the engine's disk
# before it answers.
_IMAGE_TIMEOUT_S = 3600
# What a runtime exits with when a command cannot be executed or is not there;
# any other start that fails leaves 128.
_NOT_STARTABLE = (126, 127)
_WHOLE_ID, _SHORT_ID = 64, 12


class Engine:
    """A Docker engine. It is not spoken to before the first call.

    :param host: ``unix:///path`` or ``tcp://address:port``
    :param timeout_s: how long a call may stay without a byte of answer
    """

    def __init__(self, host: str, timeout_s: float = 60) -> None:
        self._host = host
        self._timeout_s = timeout_s
        self._connection = connection.Connection(host)
        # A container's runtime never changes, and the list does not tell it.
        self._runtimes: dict[str, str] = {}
        self._remaps_users: bool | None = None

    def info(self) -> model.EngineInfo:
        """Ask what the engine and its host are."""
        with self._call('describe itself') as client:
            version = self._connection.ask_version(self._timeout_s)
            info = reading.engine_info(client.info(), version)
        self._remaps_users = 'name=userns' in info.security_options
        return info

    def create(self, spec: model.ContainerSpec) -> str:
        """Create a container and give its id.

        :raises ContainerConflict: the name is taken
        :raises EngineImageNotFound: the image is not there
        """
        if self._remaps_users is None:
            self.info()
        body = payload.create(spec, remaps_users=bool(self._remaps_users))
        with self._call(
            f'create container {spec.name}',
            spec.image,
            missing=exception.EngineImageNotFound,
            timeout_s=_DEED_TIMEOUT_S,
        ) as client:
            created = client.create_container_from_config(body, spec.name)
        return str(created['Id'])

    def start(self, container_id: str) -> None:
        """Start a container; one that runs is left alone.

        :raises CommandNotStartable: its command cannot be executed
        """
        try:
            with self._container_call('start', container_id) as client:
                client.start(container_id)
        except exception.EngineError as err:
            # What the engine says of it is meant for people; the exit code
            # that it leaves is not.
            if self.inspect(container_id).exit_code in _NOT_STARTABLE:
                raise exception.CommandNotStartable(
                    reason=err.kwargs['reason']
                ) from err
            raise

    def stop(self, container_id: str, timeout_s: int) -> None:
        """Ask a container to end, and kill it after some seconds.

        One that does not run is left alone.
        """
        with self._container_call('stop', container_id) as client:
            # The SDK adds this time to the call's own.
            client.stop(container_id, timeout=timeout_s)

    def kill(self, container_id: str) -> None:
        """Kill a container.

        :raises ContainerConflict: it is not running
        """
        with self._container_call('kill', container_id) as client:
            client.kill(container_id)

    def pause(self, container_id: str) -> None:
        """Freeze a container's processes."""
        with self._container_call('pause', container_id) as client:
            client.pause(container_id)

    def unpause(self, container_id: str) -> None:
        """Thaw a container's processes."""
        with self._container_call('unpause', container_id) as client:
            client.unpause(container_id)

    def remove(self, container_id: str, force: bool = False) -> None:
        """Remove a container and its data; ``force`` kills it first."""
        with self._container_call('remove', container_id) as client:
            client.remove_container(container_id, v=True, force=force)

    def rename(self, container_id: str, name: str) -> None:
        """Give a container another name.

        :raises ContainerConflict: the name is taken
        """
        with self._container_call('rename', container_id) as client:
            client.rename(container_id, name)

    def hold(self, container_id: str, cpus: str) -> None:
        """Hold a container to some CPUs of the host from now on.

        :raises ContainerConflict: it is being removed
        """
        with self._container_call('hold to its CPUs', container_id) as client:
            client.update_container(container_id, cpuset_cpus=cpus)

    def inspect(self, name: str) -> model.Container:
        """Look at a container by name or id.

        :raises ContainerNotFound: there is none
        """
        with self._call(f'inspect container {name}', name) as client:
            found = reading.container(client.inspect_container(name))
        # The engine also takes the beginning of an id for a name.
        if name not in (found.id, found.name):
            raise exception.ContainerNotFound(name=name)
        return found

    def containers(self) -> list[model.Container]:
        """List the containers that have our label, in whatever state.

        One call of the engine, and one more for each container that it never
        saw before: the list does not tell the runtime (DESIGN D5), nor pid
        and exit code, which are left out. The state in it may be that of some
        milliseconds ago, before a stop that has already returned (Docker 26);
        what has to be right is inspected.
        """
        filters = {'label': [constants.LABEL_UUID]}
        with self._call('list containers') as client:
            listed = client.containers(all=True, filters=filters)
        ids = {each['Id'] for each in listed}
        self._runtimes = {
            # A copy: another thread may be adding to it.
            key: value
            for key, value in list(self._runtimes.items())
            if key in ids
        }
        found = []
        for each in listed:
            # It may have gone since it was listed.
            with contextlib.suppress(exception.ContainerNotFound):
                runtime = self._runtime(each['Id'])
                found.append(reading.listed_container(each, runtime))
        return found

    def statistics(self, container_id: str) -> model.Statistics:
        """Ask what a container uses now and has used since its start."""
        with self._container_call('measure', container_id) as client:
            # At once: without it the engine takes two samples, a second apart.
            return reading.statistics(
                client.stats(container_id, stream=False, one_shot=True)
            )

    def layer_bytes(self, container_id: str) -> int:
        """Ask what the files take that a container has changed or made.

        The engine looks at each of them, so it takes its time. A file with
        holes counts as long as it is, which is what a commit makes of it.

        :raises ContainerNotFound: there is none
        """
        with self._container_call('measure', container_id) as client:
            listed = client.containers(
                all=True, size=True, filters={'id': container_id}
            )
        if not listed:
            raise exception.ContainerNotFound(name=container_id)
        # The engine leaves out what is zero.
        return int(listed[0].get('SizeRw') or 0)

    def logs(self, container_id: str, max_bytes: int) -> bytes:
        """Give the last bytes that a container wrote to stdout and stderr.

        Memory is bounded by ``max_bytes``, however large the log.
        """
        has_tty = self.inspect(container_id).has_tty
        query = {'stdout': 1, 'stderr': 1, 'tail': max_bytes}
        with (
            self._call(f'read the log of {container_id}') as client,
            self._connection.download(
                client, f'/containers/{container_id}/logs', query
            ) as chunks,
        ):
            text = chunks if has_tty else tail.demultiplexed(chunks)
            return tail.last_bytes(text, max_bytes)

    def wait_exit(self, container_id: str, timeout_s: float) -> int | None:
        """Wait for a container to end.

        :returns: its exit code, ``None`` if it still lives after that time
        :raises EngineUnavailable: nobody knows; no answer is no sign of life
        """
        try:
            with self._call(f'wait for {container_id}', container_id) as each:
                answer = each.wait(container_id, timeout=max(timeout_s, 0.001))
        except exception.EngineTimeout:
            found = self.inspect(container_id)
            return None if found.state.is_live else found.exit_code
        return int(answer['StatusCode'])

    def read_file(
        self, container_id: str, path: str, max_bytes: int
    ) -> bytes | None:
        """Read a file of a container, which need not run.

        :returns: ``None`` if there is no regular file of that size at most
        """
        try:
            with (
                self._call(f'read {path}', path) as client,
                self._connection.download(
                    client,
                    f'/containers/{container_id}/archive',
                    {'path': path},
                ) as chunks,
            ):
                return inside.only_file(chunks, max_bytes)
        except tarfile.TarError as err:
            raise exception.EngineError(
                action=f'read {path}', reason=str(err)
            ) from err
        except exception.ContainerNotFound:
            # The container or the path: the engine says the same of both.
            self.inspect(container_id)
            return None

    def feed(
        self,
        container_id: str,
        command: Sequence[str],
        data: bytes,
        *,
        user: str,
        within_s: float,
    ) -> int:
        """Run a command in a container and write to its standard input.

        What it says is thrown away. The engine keeps the command for
        everybody to read, but not its input.

        :returns: its exit code, as a shell has it
        :raises ContainerConflict: the container is not running
        :raises CommandTooSlow: it goes on beyond that time
        """
        deadline = time.monotonic() + within_s
        try:
            with self._container_call('run a command in', container_id) as api:
                made = api.exec_create(
                    container_id, list(command), stdin=True, user=user
                )
                with contextlib.closing(
                    api.exec_start(made['Id'], socket=True)
                ) as stream:
                    inside.feed(stream, data, deadline)
                return inside.exit_code(
                    lambda: api.exec_inspect(made['Id']), deadline
                )
        except inside.DeadlineError as err:
            raise exception.CommandTooSlow(
                command=command[0], seconds=within_s
            ) from err

    def unpack(self, container_id: str, folder: str, archive: bytes) -> None:
        """Unpack a tar in a container, whose root is all that it can reach.

        What is in the way is replaced, but for a folder by a folder.

        :raises EngineError: it cannot be written there
        """
        try:
            with self._call(f'write to {folder}', folder) as client:
                client.put_archive(container_id, folder, archive)
        except exception.ContainerNotFound as err:
            self.inspect(container_id)
            raise exception.EngineError(
                action=f'write to {folder}', reason='there is no such folder'
            ) from err

    def find_images(self, repository: str) -> list[model.EngineImage]:
        """List the images that have a tag in a repository.

        :param repository: its whole name; ``*`` stands for any one part
        """
        found = []
        with self._call('list images') as client:
            listed = client.images(name=repository)
        for each in listed:
            # NOTE: the engine's filter also matches a whole reference, with
            # its tag (moby, reference.FamiliarMatch).
            tags = each.get('RepoTags') or []
            if any(reading.is_in(tag, repository) for tag in tags):
                with contextlib.suppress(exception.EngineImageNotFound):
                    found.append(self.image(each['Id']))
        return found

    def image(self, name: str) -> model.EngineImage:
        """Look at an image by reference or id.

        :raises EngineImageNotFound: there is none
        """
        with self._image_call('inspect', name) as client:
            return reading.image(client.inspect_image(name))

    def commit(self, container_id: str, reference: str) -> str:
        """Make an image of a container's files and give its id.

        One that runs is frozen meanwhile; an engine that is itself ended in
        that time leaves it so.

        :param reference: the name that the image gets
        """
        # NOTE: the engine thaws whatever it was told to freeze, also what was
        # frozen before (seen with 20.10).
        state = self.inspect(container_id).state
        is_running = state is model.ContainerState.RUNNING
        with self._container_call(
            'commit', container_id, timeout_s=_IMAGE_TIMEOUT_S
        ) as client:
            repository, _, tag = reference.partition(':')
            made = client.commit(
                container_id, repository, tag, pause=is_running
            )
        return str(made['Id'])

    def save(self, reference: str) -> Generator[bytes, None, None]:
        """Read an image as ``docker save`` writes it, piece by piece.

        Close it where it is not read to its end. Nothing is asked of the
        engine before the first piece, which comes when the engine has
        written all layers to a folder of its own.

        :raises EngineImageNotFound: there is none
        """
        with (
            self._image_call(
                'save', reference, timeout_s=_IMAGE_TIMEOUT_S
            ) as client,
            self._connection.download(
                client, f'/images/{reference}/get', {}
            ) as chunks,
        ):
            yield from chunks

    def load(self, stream: Iterable[bytes]) -> None:
        """Load a docker-archive; blocks until the engine has it.

        What goes wrong in the stream itself is raised as it is.

        :raises EngineError: the engine did not take it
        """
        source = _Source(stream)
        action = 'load an image'
        try:
            with self._call(action, timeout_s=_IMAGE_TIMEOUT_S) as client:
                for line in client.load_image(iter(source)):
                    if 'error' in line:
                        raise exception.EngineError(
                            action=action, reason=line['error']
                        )
        except Exception:  # with what the source says, if it was the source
            if source.error is not None:
                raise source.error from None
            raise

    def remove_image(self, reference: str) -> None:
        """Remove a tag, and the image with its last one.

        :raises EngineImageNotFound: there is none
        :raises ContainerConflict: a container uses it
        """
        with self._image_call('remove', reference) as client:
            client.remove_image(reference)

    def events(self, since_ns: int) -> Iterator[model.EngineEvent]:
        """Read events of containers with our label; blocks between them.

        :param since_ns: time of the first one that is wanted; 0 is now
        :raises EngineUnavailable: the stream has ended, as it always does
        """
        since = f'{since_ns // 10**9}.{since_ns % 10**9:09d}'
        filters = {'type': 'container', 'label': constants.LABEL_UUID}
        with self._call('send events', timeout_s=None) as client:
            for found in client.events(
                since=since if since_ns else None, filters=filters, decode=True
            ):
                yield reading.event(found)
        raise exception.EngineUnavailable(
            host=self._host, reason='it closed the stream of events'
        )

    def _runtime(self, container_id: str) -> str:
        known = self._runtimes.get(container_id)
        if known is None:
            known = self.inspect(container_id).runtime
            self._runtimes[container_id] = known
        return known

    def _image_call(
        self, deed: str, name: str, *, timeout_s: float | None = None
    ) -> contextlib.AbstractContextManager[Any]:
        return self._call(
            f'{deed} image {name}',
            name,
            missing=exception.EngineImageNotFound,
            timeout_s=timeout_s or _DEED_TIMEOUT_S,
        )

    def _container_call(
        self, deed: str, name: str, *, timeout_s: float | None = None
    ) -> contextlib.AbstractContextManager[Any]:
        # As people write an id: a whole one leaves a fault no room.
        short = name[:_SHORT_ID] if len(name) == _WHOLE_ID else name
        return self._call(
            f'{deed} container {short}',
            name,
            timeout_s=timeout_s or _DEED_TIMEOUT_S,
        )

    @contextlib.contextmanager
    def _call(
        self,
        action: str,
        name: str = '',
        *,
        missing: type[exception.EngineError] = exception.ContainerNotFound,
        timeout_s: float | None = 0,
    ) -> Iterator[Any]:
        """Give a client for calls, and translate what they fail with.

        :param timeout_s: as for a Connection's client; 0 is the usual one
        """
        with error.translated(self._host, action, name=name, missing=missing):
            yield self._connection.client(
                self._timeout_s if timeout_s == 0 else timeout_s,
                ask_s=self._timeout_s,
            )


class _Source:
    """A stream that remembers how it failed.

    The SDK raises what a stream raises; without this, a disk that cannot be
    read would be taken for an engine that does not answer.
    """

    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream
        self.error: Exception | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except Exception as err:  # it is raised again by whoever reads us
            self.error = err
            raise
