"""The driver's configuration: one module per group."""

from typing import Any

from novadocker.conf import docker


def register_opts(conf: Any) -> None:
    """Register every option of the driver."""
    docker.register_opts(conf)


def list_opts() -> list[tuple[str, list[Any]]]:
    """List all options for oslo-config-generator and the reference page."""
    return docker.list_opts()
