"""The story of ``restart``: one service, and what would not outlive it."""

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import network
from deploy.quickstart import process
from deploy.quickstart import roster
from deploy.quickstart import service as service_module
from deploy.quickstart import supervise

_SWITCH = ('ovs-vswitchd', 'ovsdb-server')
# They put flows and ports into the switch, and look for them at their start.
_AGENTS = (
    'neutron-openvswitch-agent',
    'neutron-dhcp-agent',
    'neutron-l3-agent',
    'ovn-controller',
    'neutron-ovn-metadata-agent',
)
_HEAL_TIMEOUT_S = 120


def run(
    home: home_module.Home, state: home_module.State, name: str
) -> list[str]:
    """Stop and start a service, and with a switch its agents.

    :returns: all that was started again, in this order
    :raises OperationFailed: the cloud is down, one of them does not start, or
        the agents do not make again what was on the switch
    """
    supervisor = supervise.Supervisor(home)
    if not supervisor.is_running():
        raise exception.OperationFailed('The cloud is down: run `up`.')
    services = affected(roster.services(home, state), name)
    for tier in reversed(service_module.Tier):
        supervisor.stop(it.name for it in services if it.tier == tier)
    lost: Mapping[str, set[str]] = {}
    if name in _SWITCH and state.done.get('datapath') == 'netdev':
        lost = network.forget_agents()
    for tier in service_module.Tier:
        supervisor.start([it for it in services if it.tier == tier])
    process.wait_until(
        lambda: all(
            network.devices_of(namespace) >= devices
            for namespace, devices in lost.items()
        ),
        _HEAL_TIMEOUT_S,
        'the agents make routers and DHCP again',
    )
    return [it.name for it in services]


def affected(
    services: Iterable[service_module.Service], name: str
) -> list[service_module.Service]:
    """Choose what is restarted with a service, in start order.

    A switch has the agents of its own host.
    """
    prefix, program = _parted(name)
    names = {name}
    if program in _SWITCH:
        names |= {f'{prefix}{it}' for it in (*_SWITCH, *_AGENTS)}
    found = [it for it in services if it.name in names]
    return sorted(found, key=lambda service: service.tier)


def outlived(states: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """List the switches that ended under their agents and came back."""
    found = []
    for name, info in states.items():
        prefix, program = _parted(name)
        agents = (states.get(f'{prefix}{agent}') for agent in _AGENTS)
        running = [it for it in agents if it and it['statename'] == 'RUNNING']
        if program == _SWITCH[0] and any(
            info['start'] > agent['start'] for agent in running
        ):
            found.append(name)
    return found


def _parted(name: str) -> tuple[str, str]:
    """Part the name of a service into its host, with a dot, and the rest."""
    host, dot, program = name.rpartition('.')
    return f'{host}{dot}', program
