"""Requests to a service of the catalog, in the bridge's own name.

Tokens, their renewal and where the service is are keystoneauth's. Whatever
keeps a request from being answered is one error; what an answer means is
for the room that asked.
"""

from collections.abc import Mapping
import dataclasses
from typing import Any

from keystoneauth1 import adapter
from keystoneauth1 import exceptions as ks_exception

from glance_bridge import exception


@dataclasses.dataclass(frozen=True)
class Reply:
    """An answer, whatever its status."""

    status: int
    content: bytes
    headers: Mapping[str, str]


class Endpoint:
    """One service, for any number of threads.

    :param session: keystoneauth's, with the bridge's own user
    :param override: the service's address, where the catalog's is not to be
        used
    """

    def __init__(
        self,
        session: Any,
        service_type: str,
        *,
        interface: str = 'internal',
        region: str | None = None,
        override: str | None = None,
        timeout_s: float = 60,
    ) -> None:
        self._adapter = adapter.Adapter(
            session,
            service_type=service_type,
            interface=interface,
            region_name=region,
            endpoint_override=override,
            raise_exc=False,
        )
        self._service_type = service_type
        self._timeout_s = timeout_s

    def request(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        as_ourselves: bool = True,
    ) -> Reply:
        """Send a request; a redirect is an answer and not followed.

        :param as_ourselves: with the bridge's token; without it the headers
            have to bring somebody's
        :raises ServiceUnavailable: there is no answer
        """
        try:
            found = self._adapter.request(
                path,
                method,
                data=content,
                headers=dict(headers or {}),
                authenticated=as_ourselves,
                redirect=False,
                timeout=self._timeout_s,
                log=False,
            )
        except ks_exception.ClientException as err:
            raise exception.ServiceUnavailable(
                f'The {self._service_type} service cannot be asked '
                f'({type(err).__name__}).'
            ) from err
        return Reply(found.status_code, found.content, found.headers)
