"""The doors of a server's console."""

from typing import Any

from nova import conf as nova_conf
from nova import exception as nova_exception
from nova.console import type as nova_console

from novadocker import constants
from novadocker import view
from novadocker.console import log as console_log
from novadocker.facade import rooms
from novadocker.ops import console
from novadocker.ops import tools as ops_tools

CONF = nova_conf.CONF


class Console(rooms.Rooms):
    """What a server writes, and how to talk to it."""

    @rooms.in_nova_words
    def get_console_output(self, context: Any, instance: Any) -> str:
        container = ops_tools.current(self._tools, instance)
        log = self._engine.logs(container.id, constants.MAX_CONSOLE_BYTES)
        return console_log.text(log)

    @rooms.in_nova_words
    def get_serial_console(
        self, context: Any, instance: Any
    ) -> nova_console.ConsoleSerial:
        if not CONF.serial_console.enabled:
            raise nova_exception.ConsoleTypeUnavailable(console_type='serial')
        secret = console.give_secret(
            self._tools,
            self._consoles,
            instance,
            view.image_properties(instance),
        )
        return nova_console.ConsoleSerial(
            host=CONF.serial_console.proxyclient_address,
            port=self._consoles.port,
            internal_access_path=secret,
        )
