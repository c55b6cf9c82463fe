"""``POST /events``: where the registry tells what changed."""

import hmac

import webob

from glance_bridge import exception
from glance_bridge import metrics
from glance_bridge.events import envelope
from glance_bridge.events import queue


class Door:
    """Take envelopes from whoever knows the token.

    :param token: what the registry sends; None closes the door
    :param ignored_actors: whose deeds are no news
    """

    def __init__(
        self,
        hints: queue.Hints,
        token: str | None,
        ignored_actors: frozenset[str],
    ) -> None:
        self._hints = hints
        self._expected = f'Bearer {token}'.encode() if token else None
        self._ignored_actors = ignored_actors

    def __call__(self, request: webob.Request) -> webob.Response:
        """Queue what an envelope hints at.

        Only a sender that is no registry gets an error: a registry repeats
        an event for ever, and all others wait behind it.
        """
        self._check(request)
        if (request.content_length or 0) > envelope.MAX_BYTES:
            raise exception.RequestInvalid('The envelope is too long.')
        try:
            events = envelope.parse(request.body)
        except exception.RequestInvalid:
            metrics.EVENTS.labels('malformed').inc()
            raise
        for each in events:
            hint = envelope.hint(each, self._ignored_actors)
            metrics.EVENTS.labels(self._take(hint)).inc()
        return webob.Response(status=202)

    def _check(self, request: webob.Request) -> None:
        """Compare the token in a time that tells nothing of it.

        :raises Unauthorized: it is another one, or there is none
        """
        given = request.headers.get('Authorization', '').encode()
        if self._expected is None or not hmac.compare_digest(
            given, self._expected
        ):
            raise exception.Unauthorized(
                'This door is for the registry.',
                headers=[('WWW-Authenticate', 'Bearer')],
            )

    def _take(self, hint: envelope.Hint | None) -> str:
        if hint is None:
            return 'ignored'
        taken = self._hints.look_at(hint.repository, hint.tag, hint.told_at)
        return 'accepted' if taken else 'dropped'
