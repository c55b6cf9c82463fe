"""Name what tempest made and did not delete. Nothing is removed here."""

from collections.abc import Iterator
from typing import Any

_PREFIX = 'tempest-'


def find(admin: Any, *, volumes: bool) -> list[str]:
    """List what bears a name that only tempest gives, one line each.

    :param volumes: whether there is Cinder
    """
    found = [*_all(admin), *(_of_cinder(admin) if volumes else ())]
    return [
        f'{kind} {each.name} {each.id}'
        for kind, each in found
        if (each.name or '').startswith(_PREFIX)
    ]


def _all(admin: Any) -> Iterator[tuple[str, Any]]:
    """Go through all that has a name and outlives its project."""
    compute, identity, network = admin.compute, admin.identity, admin.network
    for kind, listed in (
        ('server', compute.servers(all_projects=True)),
        ('flavor', compute.flavors(is_public=None)),
        ('aggregate', compute.aggregates()),
        ('image', admin.image.images()),
        ('network', network.networks()),
        ('router', network.routers()),
        ('port', network.ports()),
        ('security group', network.security_groups()),
        ('project', identity.projects()),
        ('user', identity.users()),
    ):
        for each in listed:
            yield kind, each


def _of_cinder(admin: Any) -> Iterator[tuple[str, Any]]:
    storage = admin.block_storage
    for kind, listed in (
        ('volume', storage.volumes(all_projects=True)),
        ('volume snapshot', storage.snapshots(all_projects=True)),
        ('volume type', storage.types()),
    ):
        for each in listed:
            yield kind, each
