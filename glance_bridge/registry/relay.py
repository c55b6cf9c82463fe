"""Relay: a client's own request for a manifest, with the client's rights."""

from collections.abc import Mapping

from glance_bridge.registry import address
from glance_bridge.registry import client
from glance_bridge.registry import connection


class Relay:
    """The way of the manifest front to the engine, for any thread."""

    def __init__(
        self,
        url: str,
        ca_file: str | None = None,
        timeout_s: float = 60,
        *,
        pool_size: int = 32,
    ) -> None:
        """Remember where the engine is; see client.Registry."""
        self._link = connection.Connection(url, ca_file, timeout_s, pool_size)

    def send(
        self,
        method: str,
        repository: str,
        reference: str,
        headers: Mapping[str, str],
        content: bytes | None = None,
    ) -> connection.Answer:
        """Ask the engine and give its answer, whatever it is.

        :param headers: sent as they are, beside those that make a request;
            the host is always the engine's own
        :raises RegistryUnavailable: there is none
        :raises RegistryRefused: it is no answer about a manifest
        """
        return self._link.send(
            method,
            address.manifest(repository, reference),
            headers,
            content,
            max_bytes=client.MANIFEST_BYTES,
        )
