"""Start, watch and stop the services through supervisor.

supervisord keeps the processes; this room talks to it over its socket and
adds what it does not know: the order, and when a service is well.
"""

from collections.abc import Iterable
from collections.abc import Sequence
import http.client
import pathlib
import socket
import sys
import time
from typing import Any
import xmlrpc.client

from supervisor import xmlrpc as supervisor_rpc

from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import process
from deploy.quickstart import service as service_module

_FAILED = {'FATAL', 'EXITED', 'UNKNOWN'}
_GONE = {'STOPPED', 'FATAL', 'EXITED', 'UNKNOWN'}
_START_TIMEOUT_S = 120
_STOP_TIMEOUT_S = 20
_POLL_S = 0.15
# supervisor's Faults.ALREADY_STARTED and NOT_RUNNING
_ALREADY_STARTED = 60
_NOT_RUNNING = 70


class Supervisor:
    """The supervisord of one home."""

    def __init__(self, home: home_module.Home) -> None:
        self._home = home
        self._transport = supervisor_rpc.SupervisorTransport(
            None, None, f'unix://{home.supervisor_socket}'
        )

    @property
    def _rpc(self) -> Any:
        # A new proxy per call: the transport keeps one connection, which a
        # restart of supervisord leaves dead.
        self._transport.close()
        return xmlrpc.client.ServerProxy(
            'http://127.0.0.1', transport=self._transport
        ).supervisor

    def is_running(self) -> bool:
        """Tell whether supervisord answers."""
        if not self._home.supervisor_socket.exists():
            return False
        try:
            self._rpc.getState()
        except (OSError, http.client.HTTPException):
            self._transport.close()
            return False
        return True

    def launch(self) -> None:
        """Start supervisord, which starts nothing by itself."""
        process.run(
            [
                pathlib.Path(sys.executable).parent / 'supervisord',
                '-c',
                self._home.etc / 'supervisord.conf',
            ],
            env=process.environment(self._home),
            log=self._home.log_of('supervisord'),
        )
        process.wait_until(self.is_running, 15, 'supervisord answers')

    def reload(self) -> set[str]:
        """Take over a changed table; what did not change goes on.

        :returns: the services that were stopped, for their entry changed
        """
        added, changed, removed = self._rpc.reloadConfig()[0]
        for name in [*changed, *removed]:
            self._rpc.stopProcessGroup(name)
            self._rpc.removeProcessGroup(name)
        for name in [*added, *changed]:
            self._rpc.addProcessGroup(name)
        return {*changed, *removed}

    def states(self) -> dict[str, dict[str, Any]]:
        """Give supervisor's view of every service, by name."""
        return {info['name']: info for info in self._rpc.getAllProcessInfo()}

    def start(self, services: Sequence[service_module.Service]) -> None:
        """Start services together and wait until all are well.

        A service that fails at first is started once more: after a crash
        some trip over what the last run left, and clean it up doing so.

        :raises OperationFailed: naming the service, its log and last lines
        """
        for service in services:
            self._start_one(service)
        retried: set[str] = set()
        waiting = list(services)
        deadline = time.monotonic() + _START_TIMEOUT_S
        while waiting:
            states = self.states()
            for service in waiting:
                if states[service.name]['statename'] not in _FAILED:
                    continue
                if service.name in retried:
                    raise self._failure(service, 'does not start')
                retried.add(service.name)
                self._start_one(service)
            waiting = [
                service
                for service in waiting
                if not is_well(service, states[service.name]['statename'])
            ]
            if waiting and time.monotonic() > deadline:
                raise self._failure(
                    waiting[0], f'not well within {_START_TIMEOUT_S} s'
                )
            if waiting:
                time.sleep(_POLL_S)

    def _start_one(self, service: service_module.Service) -> None:
        try:
            self._rpc.startProcess(service.name, False)
        except xmlrpc.client.Fault as err:
            if err.faultCode != _ALREADY_STARTED:
                raise self._failure(service, err.faultString) from err

    def stop(self, names: Iterable[str]) -> None:
        """Stop services together and wait until they are gone."""
        wanted = list(names)
        for name in wanted:
            try:
                self._rpc.stopProcess(name, False)
            except xmlrpc.client.Fault as err:
                if err.faultCode != _NOT_RUNNING:
                    raise
        process.wait_until(
            lambda: self._are_gone(wanted), _STOP_TIMEOUT_S, 'services stop'
        )

    def _are_gone(self, names: Iterable[str]) -> bool:
        states = self.states()
        return all(states[name]['statename'] in _GONE for name in names)

    def shutdown(self) -> None:
        """End supervisord."""
        pid = self._rpc.getPID()
        self._rpc.shutdown()
        process.wait_until(
            lambda: not process.is_alive(pid),
            _STOP_TIMEOUT_S,
            'supervisord ends',
        )

    def _failure(
        self, service: service_module.Service, what: str
    ) -> exception.OperationFailed:
        log = self._home.log_of(service.name)
        return exception.OperationFailed(
            f'{service.name} {what}; log: {log}\n{process.tail(log)}'
        )


def is_well(service: service_module.Service, statename: str) -> bool:
    """Tell whether a service runs and answers where it should."""
    if statename != 'RUNNING':
        return False
    if service.socket is not None:
        return _connects(socket.AF_UNIX, service.socket)
    if service.is_http and service.port is not None:
        return _answers_http(service.address, service.port)
    if service.port is not None:
        return _connects(socket.AF_INET, (service.address, service.port))
    return True


def _connects(family: int, address: Any) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        try:
            probe.connect(address)
        except OSError:
            return False
    return True


def _answers_http(address: str, port: int) -> bool:
    # Any answer will do, also 401: what is asked is whether the application
    # behind the socket has been loaded.
    connection = http.client.HTTPConnection(address, port, timeout=20)
    try:
        connection.request('GET', '/')
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
