"""``/v2/{repository}/manifests/{reference}``: the door of manifests.

:source: OCI distribution-spec 1.1, "Pushing Manifests", "Deleting tags"
"""

import contextlib
import dataclasses
from typing import Protocol

from oslo_log import log as logging
import webob

from glance_bridge import audit
from glance_bridge import exception
from glance_bridge import location
from glance_bridge import metrics
from glance_bridge import model
from glance_bridge.front import bearer
from glance_bridge.front import push
from glance_bridge.front import removal
from glance_bridge.front import request as front_request
from glance_bridge.front import turn
from glance_bridge.namespace import name
from glance_bridge.registry import connection
from glance_bridge.token import access
from glance_bridge.token import peer

LOG = logging.getLogger(__name__)

Target = front_request.Target

# What a client may see of the engine's answer: no address, no cookie.
_PASSED = (
    *('Content-Type', 'Docker-Content-Digest', 'ETag', 'OCI-Subject'),
    *('Docker-Distribution-Api-Version', 'Warning', 'WWW-Authenticate'),
)
_API_VERSION = {'Docker-Distribution-Api-Version': 'registry/2.0'}


class Namespaces(Protocol):
    def find(self, namespace: str) -> model.Binding | None: ...


@dataclasses.dataclass(frozen=True)
class Stories:
    """What the door leads to."""

    pusher: push.Pusher
    remover: removal.Remover
    relay: push.Relay
    turns: turn.Turns


@dataclasses.dataclass(frozen=True)
class _Caller:
    """Who asks, and what the token says."""

    claims: access.Claims
    actor: model.Actor


class Door:
    """Reads requests, asks whether they are allowed, and answers.

    :param proxies: whose word of the client's address is believed
    :param warns: whether a push that could not be published is answered as
        one that was, with a warning
    """

    def __init__(
        self,
        stories: Stories,
        gate: bearer.Gate,
        namespaces: Namespaces,
        *,
        proxies: tuple[peer.Network, ...] = (),
        warns: bool = False,
    ) -> None:
        self._stories = stories
        self._gate = gate
        self._namespaces = namespaces
        self._proxies = proxies
        self._warns = warns

    def get(
        self, request: webob.Request, repository: str, reference: str
    ) -> webob.Response:
        """Pass GET and HEAD to the engine."""
        target = front_request.target(repository, reference)
        self._gate.claims(request, str(target.repository), access.PULL)
        answer = self._stories.relay.send(
            request.method,
            str(target.repository),
            target.reference,
            front_request.headers(request),
        )
        response = _response(answer)
        if request.method == 'HEAD' and 'Content-Length' in answer.headers:
            response.headers['Content-Length'] = answer.headers[
                'Content-Length'
            ]
        return response

    def put(
        self, request: webob.Request, repository: str, reference: str
    ) -> webob.Response:
        """Take a push."""
        target = front_request.target(repository, reference)
        caller = self._caller(request, target, access.PUSH)
        try:
            outcome = self._push(request, target, caller)
        except exception.BridgeError as err:
            _record(audit.PUSH, audit.DENIED, caller, target, err.message)
            raise
        return self._told(target, caller, outcome)

    def delete(
        self, request: webob.Request, repository: str, reference: str
    ) -> webob.Response:
        """Take a deletion."""
        target = front_request.target(repository, reference)
        caller = self._caller(request, target, access.DELETE)
        try:
            self._remove(target, caller)
        except exception.BridgeError as err:
            _record(audit.DELETE, audit.DENIED, caller, target, err.message)
            raise
        _record(audit.DELETE, audit.DONE, caller, target)
        return webob.Response(status=202, headers=_API_VERSION)

    def _caller(
        self, request: webob.Request, target: Target, action: str
    ) -> _Caller:
        claims = self._gate.claims(request, str(target.repository), action)
        where = peer.read(request.environ, self._proxies, ())
        actor = model.Actor(claims.subject, claims.user_name, where.address)
        return _Caller(claims, actor)

    def _push(
        self, request: webob.Request, target: Target, caller: _Caller
    ) -> push.Outcome:
        _check_pin(target, caller)
        pusher = self._stories.pusher
        if target.is_pin:
            # A push waits for it, and it for nobody.
            return pusher.store(target, _sent(request))
        project_id = self._project_id(target, caller, access.PUSH)
        if project_id is None and not target.is_digest:
            raise self._moved(target, access.PUSH)
        with self._turn(target, project_id):
            sent = _sent(request)
            if project_id is None or target.is_digest:
                return pusher.store(target, sent)
            return pusher.push(target, sent, project_id)

    def _remove(self, target: Target, caller: _Caller) -> None:
        _check_pin(target, caller)
        remover = self._stories.remover
        image_id = location.image_of_pin(target.reference)
        if image_id is not None:
            remover.remove_pin(target, image_id)
            return
        project_id = self._project_id(target, caller, access.DELETE)
        with self._turn(target, project_id):
            if target.is_digest:
                remover.remove_digest(target, project_id)
            else:
                remover.remove_tag(target, project_id)

    def _turn(
        self, target: Target, project_id: str | None
    ) -> contextlib.AbstractContextManager[None]:
        # One of nobody counts as a project of its own.
        return self._stories.turns.taken(
            project_id or target.repository.namespace
        )

    def _project_id(
        self, target: Target, caller: _Caller, action: str
    ) -> str | None:
        """Say whose a namespace is; None is nobody's.

        :raises Unauthorized: it was somebody else's when the token was given
        """
        namespace = target.repository.namespace
        binding = self._namespaces.find(namespace)
        found = binding.project_id if binding else None
        then = caller.claims.projects.get(namespace)
        # What is named by a project's id is never of another one.
        if then != found and not name.is_id(namespace):
            raise self._moved(target, action)
        return found

    def _moved(self, target: Target, action: str) -> exception.Unauthorized:
        """Send a client for a new token, which binds the namespace again."""
        return self._gate.challenge(
            f'The namespace {target.repository.namespace} is not of the '
            f'project any more that the token was given for. Push again.',
            *(str(target.repository), action, 'insufficient_scope'),
        )

    def _told(
        self, target: Target, caller: _Caller, outcome: push.Outcome
    ) -> webob.Response:
        """Answer a push that has reached the engine."""
        result = audit.DONE if outcome.answer.status == 201 else audit.DENIED
        found, failure = outcome.publication, outcome.failure
        _record(
            *(audit.PUSH, result, caller, target),
            reason=failure.message if failure else None,
            image_id=found.image_id if found else None,
        )
        if found is not None:
            metrics.PUBLICATIONS.labels('front', 'published').inc()
        response = _response(outcome.answer)
        if failure is not None:
            metrics.PUBLICATIONS.labels('front', 'failed').inc()
            self._warn(response, target, failure)
        return response

    def _warn(
        self,
        response: webob.Response,
        target: Target,
        failure: exception.BridgeError,
    ) -> None:
        """Say that a push is stored and no image yet.

        :raises ServiceUnavailable: the operator wants the push to fail
        """
        if not self._warns:
            raise exception.ServiceUnavailable(
                f'{target} is stored, but could not be made an image: '
                f'{failure.message} Push it again.'
            ) from failure
        response.headers['Warning'] = (
            '299 glance-bridge "stored, the image follows later"'
        )


def _sent(request: webob.Request) -> push.Sent:
    return push.Sent(
        front_request.content(request),
        front_request.media_type(request),
        front_request.headers(request),
    )


def _check_pin(target: Target, caller: _Caller) -> None:
    if target.is_pin and not caller.claims.is_service:
        raise exception.Denied(
            f'Tags such as {target.reference} keep the data of images, and '
            f'are for the services of the cloud alone.'
        )


def _record(
    action: str,
    outcome: str,
    caller: _Caller,
    target: Target,
    reason: str | None = None,
    image_id: str | None = None,
) -> None:
    audit.record(
        action,
        outcome,
        actor=caller.actor,
        repository=str(target.repository),
        tag=None if target.is_digest else target.reference,
        digest=target.reference if target.is_digest else None,
        image_id=image_id,
        reason=reason,
    )


def _response(answer: connection.Answer) -> webob.Response:
    response = webob.Response(status=answer.status, body=answer.content)
    response.headers.pop('Content-Type', None)
    for each in _PASSED:
        if each in answer.headers:
            response.headers[each] = answer.headers[each]
    return response
