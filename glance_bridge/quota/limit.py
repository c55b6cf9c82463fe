"""The limits of a project, as Glance has registered them in Keystone.

They are remembered for a while: a push would otherwise wait for three
answers of Keystone's.
"""

from collections.abc import Callable
from collections.abc import Mapping
import threading
import time
from typing import Any

from keystoneauth1 import exceptions as keystone_exceptions
from openstack import exceptions as sdk_exceptions
from oslo_limit import exception as limit_exception
from oslo_limit import limit
from oslo_log import log as logging

from glance_bridge import exception

LOG = logging.getLogger(__name__)

COUNT = 'image_count_total'
SIZE_MB = 'image_size_total'

_MAX_KEPT = 4096


class Limits:
    """Reads limits with the options of the group ``[oslo_limit]``.

    :param make: makes oslo.limit's enforcer, which asks Keystone at once
    """

    def __init__(
        self,
        lifetime_s: float,
        *,
        make: Callable[..., Any] = limit.Enforcer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lifetime_s = lifetime_s
        self._make = make
        self._clock = clock
        self._lock = threading.Lock()
        self._enforcer: Any = None
        self._kept: dict[str, tuple[float, Mapping[str, int]]] = {}

    def of(self, project_id: str) -> Mapping[str, int]:
        """Give the limits that a project has; what is not there has none.

        :raises ServiceUnavailable: Keystone cannot say
        """
        now = self._clock()
        until, found = self._kept.get(project_id, (0.0, {}))
        if now < until:
            return found
        found = self._read(project_id)
        with self._lock:
            if len(self._kept) >= _MAX_KEPT:
                self._kept.clear()
            self._kept[project_id] = (now + self._lifetime_s, found)
        return found

    def _read(self, project_id: str) -> Mapping[str, int]:
        try:
            enforcer = self._made()
            # NOTE(nova-docker): asked about a resource that nobody has
            # registered, oslo.limit says zero. So it is asked for all.
            registered = dict(enforcer.get_registered_limits(None))
            own = dict(enforcer.get_project_limits(project_id, None))
        except (
            keystone_exceptions.ClientException,
            sdk_exceptions.SDKException,
            limit_exception.SessionInitError,
            # What oslo.limit raises where [oslo_limit] names no endpoint.
            ValueError,
        ) as err:
            LOG.error('The limits of Keystone cannot be read: %s', err)
            raise exception.ServiceUnavailable(
                'The quota of the project cannot be read now.'
            ) from err
        return registered | own

    def _made(self) -> Any:
        with self._lock:
            if self._enforcer is None:
                self._enforcer = self._make(_no_usage, cache=False)
            return self._enforcer


class NoLimits:
    """Stands where the operator has no unified limits."""

    def of(self, project_id: str) -> Mapping[str, int]:
        """Give none."""
        return {}


def _no_usage(project_id: str | None, names: object) -> dict[str, int]:
    """Stand for usage, which is asked of Glance and compared by us."""
    return {}
