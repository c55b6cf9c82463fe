"""Asks the rules."""

from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
from typing import Any

from oslo_policy import policy

from glance_bridge.policies import repository


@dataclasses.dataclass(frozen=True)
class Credentials:
    """What the rules see of a caller.

    :ivar roles: on the project ``project_id``, which owns the namespace
    :ivar service_roles: on the project of the cloud's services
    """

    user_id: str
    project_id: str = ''
    roles: Sequence[str] = ()
    service_roles: Sequence[str] = ()


class Enforcer:
    """The rules as the operator's policy file changes them.

    The file is read again when it has changed.

    :param conf: options, for those of the group ``[oslo_policy]``
    """

    def __init__(self, conf: Any) -> None:
        self._enforcer = policy.Enforcer(conf)
        self._enforcer.register_defaults(repository.list_rules())

    def allows(
        self, rule: str, credentials: Credentials, target: Mapping[str, str]
    ) -> bool:
        """Tell whether a rule holds."""
        seen = {
            'user_id': credentials.user_id,
            'project_id': credentials.project_id,
            'roles': list(credentials.roles),
            'service_roles': list(credentials.service_roles),
        }
        return bool(self._enforcer.authorize(rule, dict(target), seen))
