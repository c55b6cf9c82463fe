"""The doors of a server's console."""

from typing import Any

from novadocker import constants
from novadocker.console import log as console_log
from novadocker.facade import rooms
from novadocker.ops import tools as ops_tools


class Console(rooms.Rooms):
    """What a server writes."""

    @rooms.in_nova_words
    def get_console_output(self, context: Any, instance: Any) -> str:
        container = ops_tools.find(self._tools, instance.uuid)
        log = self._engine.logs(container.id, constants.MAX_CONSOLE_BYTES)
        return console_log.text(log)
