"""Errors in the form that every client of a registry reads.

:source: OCI distribution specification, Error Codes
"""

import json
from typing import Any

import webob

from glance_bridge import exception


def response(error: exception.BridgeError) -> webob.Response:
    """Tell an error as the distribution API does."""
    told: dict[str, Any] = {
        'code': error.code,
        'message': error.message,
        'detail': None,
    }
    answer = webob.Response(
        status=error.status,
        content_type='application/json',
        charset='utf-8',
        text=json.dumps({'errors': [told]}),
    )
    for name, value in error.headers:
        answer.headers.add(name, value)
    return answer


def unexpected(request_id: str) -> webob.Response:
    """Tell that the log knows more, and under which name."""
    return response(
        exception.BridgeError(
            f'The bridge failed; its log has the reason under {request_id}.'
        )
    )
