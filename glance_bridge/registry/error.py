"""Answers of the engine that are none of those hoped for."""

from glance_bridge import exception
from glance_bridge.registry import connection
from ocikit import document
from ocikit import exception as oci_exception

_MAX_ERRORS = 3


def check(answer: connection.Answer, *expected: int, what: str) -> None:
    """Raise what an unexpected status means.

    :param what: names what was asked for in the sentence of the error
    :raises RegistryNotFound: the engine does not have it
    :raises RegistryUnavailable: it may be different in a while
    :raises RegistryRefused: it will not
    """
    status = answer.status
    if status in expected:
        return
    if status == 404:
        raise exception.RegistryNotFound(what)
    why = f'{what}: status {status}{_said(answer.content)}'
    if status >= 500 or status == 429:
        raise exception.RegistryUnavailable(why)
    raise exception.RegistryRefused(why, status)


def _said(content: bytes) -> str:
    """Give what the engine's error document says, if it is one.

    :source: distribution API, "Errors"
    """
    try:
        found = document.read_object(content, 'the answer')
        errors = document.children(found, 'errors')
        texts = [
            f'{document.text(one, "code", "")} '
            f'{document.text(one, "message", "")}'
            for one in errors[:_MAX_ERRORS]
        ]
    except oci_exception.ArchiveError:
        return ''
    return ''.join(f', {oci_exception.shown(text)}' for text in texts)
