"""Pushing: a manifest is judged, counted, stored, published, answered.

In this order, so that what is refused is never stored, and what is answered
is an image already.
"""

from collections.abc import Callable
from collections.abc import Mapping
import contextlib
import dataclasses
from typing import Protocol

from oslo_log import log as logging

from glance_bridge import exception
from glance_bridge import model
from glance_bridge.front import immutable
from glance_bridge.front import request as front_request
from glance_bridge.publish import naming
from glance_bridge.registry import connection
from glance_bridge.verdict import model as verdict_model
from ocikit import digest as oci_digest

LOG = logging.getLogger(__name__)

Target = front_request.Target
Verdict = verdict_model.Verdict


class Relay(Protocol):
    def send(
        self,
        method: str,
        repository: str,
        reference: str,
        headers: Mapping[str, str],
        content: bytes | None = None,
    ) -> connection.Answer: ...


class Registry(Protocol):
    def digest_of(self, repository: str, reference: str) -> str | None: ...


class Judge(Protocol):
    def judge(
        self, repository: str, content: bytes, media_type: str
    ) -> Verdict: ...


class Quota(Protocol):
    def check_more(self, project_id: str, size_bytes: int) -> None: ...


class Rows(Protocol):
    def publications(
        self, repository: model.Repository, tag: str
    ) -> list[model.Publication]: ...


class Publisher(Protocol):
    def locked(
        self, repository: model.Repository, tag: str
    ) -> contextlib.AbstractContextManager[None]: ...

    def publish(
        self,
        repository: model.Repository,
        tag: str,
        *,
        is_push: bool = False,
        verdict: Verdict | None = None,
    ) -> model.Publication | None: ...


@dataclasses.dataclass(frozen=True)
class Neighbours:
    """Whom a push needs."""

    relay: Relay
    registry: Registry
    judge: Judge
    quota: Quota
    database: Rows
    publisher: Publisher
    owner_of: Callable[[str], model.Binding | None]


@dataclasses.dataclass(frozen=True)
class Sent:
    """A manifest as a client sends it.

    :ivar headers: for the engine
    """

    content: bytes
    media_type: str
    headers: Mapping[str, str]

    @property
    def digest(self) -> str:
        return oci_digest.from_bytes(self.content)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a push.

    :ivar publication: the image, where there is one
    :ivar failure: why it is stored and not published
    """

    answer: connection.Answer
    publication: model.Publication | None = None
    failure: exception.BridgeError | None = None


class Pusher:
    """Takes pushes; for any number of threads."""

    def __init__(
        self, neighbours: Neighbours, immutable_tags: immutable.Rules
    ) -> None:
        self._to = neighbours
        self._immutable = immutable_tags

    def store(self, target: Target, sent: Sent) -> Outcome:
        """Store a manifest that makes no image: by digest, or a pin."""
        return Outcome(self._forward(target, sent))

    def push(self, target: Target, sent: Sent, project_id: str) -> Outcome:
        """Store a manifest under a tag and publish what the tag says then.

        :param project_id: whose namespace it is
        :raises ManifestInvalid: it is refused, and not stored
        :raises NameInvalid: Glance could not hold the name
        :raises Denied: the tag is immutable, the quota is used up, or the
            namespace went to another project meanwhile
        """
        repository, tag = target.repository, target.reference
        if not naming.fits(repository.path, tag):
            raise exception.NameInvalid(
                f'{repository.path}:{tag} is too long for the name of an '
                f'image.'
            )
        verdict = self._judged(target, sent)
        self._check_quota(target, verdict, project_id)
        with self._to.publisher.locked(repository, tag):
            self._check_owner(target, project_id)
            self._check_immutable(target, sent.digest, project_id)
            answer = self._forward(target, sent)
            if answer.status != 201:
                return Outcome(answer)
            return self._published(target, answer, verdict)

    def _judged(self, target: Target, sent: Sent) -> Verdict:
        verdict = self._to.judge.judge(
            str(target.repository), sent.content, sent.media_type
        )
        if verdict.kind is verdict_model.Kind.REFUSED:
            raise exception.ManifestInvalid(
                f'The image is refused: {verdict.reason}.'
            )
        return verdict

    def _check_quota(
        self, target: Target, verdict: Verdict, project_id: str
    ) -> None:
        """Count an image that there is not yet; one that comes back, is."""
        if verdict.kind is not verdict_model.Kind.IMAGE:
            return
        known = self._to.database.publications(
            target.repository, target.reference
        )
        is_new = not any(
            each.digest == verdict.manifest_digest
            and each.state is not model.State.DELETED
            for each in known
        )
        if is_new:
            self._to.quota.check_more(project_id, verdict.size_bytes)

    def _check_owner(self, target: Target, project_id: str) -> None:
        """Ask again: the image would be of whoever has the namespace now."""
        namespace = target.repository.namespace
        binding = self._to.owner_of(namespace)
        if binding is None or binding.project_id != project_id:
            raise exception.Denied(
                f'The namespace {namespace} was released during the push.'
            )

    def _check_immutable(
        self, target: Target, digest: str, project_id: str
    ) -> None:
        repository, tag = target.repository, target.reference
        try:
            self._immutable.check(repository, tag, project_id)
        except exception.Denied:
            now = self._to.registry.digest_of(str(repository), tag)
            if now not in (None, digest):
                raise

    def _forward(self, target: Target, sent: Sent) -> connection.Answer:
        return self._to.relay.send(
            'PUT',
            str(target.repository),
            target.reference,
            sent.headers,
            sent.content,
        )

    def _published(
        self, target: Target, answer: connection.Answer, verdict: Verdict
    ) -> Outcome:
        """Publish what the tag says now, which may be another push."""
        try:
            found = self._to.publisher.publish(
                target.repository,
                target.reference,
                is_push=True,
                verdict=verdict,
            )
        except exception.BridgeError as err:
            LOG.warning(
                '%(target)s is stored and not published: %(reason)s',
                {'target': target, 'reason': err},
            )
            return Outcome(answer, failure=err)
        return Outcome(answer, found)
