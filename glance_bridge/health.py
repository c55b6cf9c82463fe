"""The door that load balancers knock at."""

from typing import Any
from typing import Protocol

from oslo_middleware import healthcheck
import webob


class Checked(Protocol):
    """What has to answer before this process is healthy."""

    def check(self) -> None: ...


class Door:
    """Answer 200 while the database does, too.

    The options of ``[healthcheck]`` hold as in every OpenStack service:
    ``backends = disable_by_file`` takes a replica out of service by hand.
    Keystone, Glance and the registry are not asked: where one of them is
    away, no other replica does better.
    """

    def __init__(self, conf: Any, database: Checked) -> None:
        self._application = healthcheck.Healthcheck(None, conf)
        self._database = database

    def __call__(self, request: webob.Request) -> webob.Response:
        self._database.check()
        answer: webob.Response = request.get_response(self._application)
        return answer
