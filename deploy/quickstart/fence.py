"""Keep what comes from the tenants' routers away from the services.

The machine routes between its own addresses: whoever reaches the outside
network's gateway would reach the APIs, the message queue and OVN's databases
as well, and the latter ask for no password. One rule drops it before
anything else sees it, by the bridge on which it arrives and not by its
sender. The metadata service is asked by an agent on the machine's own side.

Only chains of ours are touched, and the rule that leads to them.
"""

from deploy.quickstart import constants
from deploy.quickstart import process

_CHAIN = 'nova-docker-quickstart'
_JUMP = ('PREROUTING', '-j', _CHAIN)
_RULE = (
    *(_CHAIN, '-i', constants.EXTERNAL_BRIDGE),
    *('-d', constants.MANAGEMENT_CIDR, '-j', 'DROP'),
)


def put_up() -> None:
    """Drop what goes from the outside network to the services.

    The bridge need not be there yet.
    """
    if not _is_up():
        _iptables('-N', _CHAIN)
    if not _succeeds('-C', *_RULE):
        _iptables('-A', *_RULE)
    if not _succeeds('-C', *_JUMP):
        _iptables('-I', *_JUMP)


def take_down() -> None:
    """Remove chain and rules, also half of them."""
    if not _is_up():
        return
    while _succeeds('-D', *_JUMP):
        pass
    _iptables('-F', _CHAIN)
    _iptables('-X', _CHAIN)


def _is_up() -> bool:
    return _succeeds('-S', _CHAIN)


# The table raw is passed before connections are looked up: an answer to one
# that the machine opened has no business with the services either.
def _iptables(*words: str) -> None:
    process.run(['iptables', '--wait', '--table', 'raw', *words])


def _succeeds(*words: str) -> bool:
    return process.succeeds(['iptables', '--wait', '--table', 'raw', *words])
