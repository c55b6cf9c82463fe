"""The name filter: glance-api finds images whose name has a colon.

Glance takes what stands before the first colon of ``name=memcached:latest``
for an operator that it does not know, and answers 400. As a filter in the
pipeline of glance-api this puts ``eq:`` before such a value. It talks to no
one and changes nothing else of a request.
"""

from collections.abc import Callable
from collections.abc import Iterable
import re
from typing import Any
from urllib import parse

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

# glance.common.utils.evaluate_filter_op, and ``in``. For a name Glance knows
# only eq and in; the others stay the errors that they are.
OPERATORS = frozenset({'eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'in'})

_METHODS = frozenset({'GET', 'HEAD'})
# Glance takes any minor version for the major one.
_LISTS = re.compile(r'/v2(\.\d+)?/images/?')
_FIELD = 'name'


class NameFilter:
    """Middleware that rewrites the name in a question for images."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(
        self, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        path = str(environ.get('PATH_INFO', ''))
        is_list = environ.get('REQUEST_METHOD') in _METHODS
        if is_list and _LISTS.fullmatch(path):
            query = str(environ.get('QUERY_STRING', ''))
            # A request is its sender's, who may look at it again.
            environ = {**environ, 'QUERY_STRING': rewritten(query)}
        return self._application(environ, start_response)


def factory(
    global_conf: dict[str, str], **local_conf: str
) -> Callable[[Application], Application]:
    """Make the filter for PasteDeploy; it has no options."""
    return NameFilter


def rewritten(query: str) -> str:
    """Put ``eq:`` before every name that only looks like an operation.

    :param query: as it stands behind the ``?``; what is not to change in it
        keeps its bytes
    """
    return '&'.join(_rewritten(pair) for pair in query.split('&'))


def _rewritten(pair: str) -> str:
    field, equals, value = pair.partition('=')
    if not equals or parse.unquote_plus(field) != _FIELD:
        return pair
    operator, colon, _ = parse.unquote_plus(value).partition(':')
    if not colon or operator in OPERATORS:
        return pair
    return f'{field}=eq:{value}'
