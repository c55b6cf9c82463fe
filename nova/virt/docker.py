"""Hand ``DockerDriver`` to Nova, which imports only ``nova.virt.<name>``."""

from novadocker.driver import DockerDriver  # noqa: F401
