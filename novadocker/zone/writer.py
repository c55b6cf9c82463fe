"""Makes one fact of a cloud true, through openstacksdk."""

from collections.abc import Callable
from typing import Any

from novadocker.zone import cloud
from novadocker.zone import error
from novadocker.zone import fact

Kind = fact.Kind
_PATCH = 'application/openstack-images-v2.1-json-patch'


class Writer:
    """Turns a key and a text into a call; ``None`` takes away."""

    def __init__(self, connection: Any):
        self._connection = connection
        self._deeds: dict[Kind, Callable[[fact.Key, str | None], None]] = {
            Kind.PROPERTY: self._property,
            Kind.FLAVOR: self._flavor,
            Kind.EXTRA_SPEC: self._extra_spec,
            Kind.AGGREGATE: self._aggregate,
            Kind.ZONE: self._zone,
            Kind.METADATA: self._metadata,
            Kind.HOST: self._host,
        }

    def put(self, key: fact.Key, value: str | None) -> None:
        """Make a fact true.

        :raises CloudRefused: with what the API says
        :raises CloudUnclear: it may be true or not
        :raises NotFound: what it is about is gone
        """
        with cloud.translated():
            self._deeds[key.kind](key, value)

    def _property(self, key: fact.Key, value: str | None) -> None:
        """Set or remove one property, and send no other.

        :source: RFC 6902; RFC 6901 for the path
        """
        path = '/' + key.name.replace('~', '~0').replace('/', '~1')
        step = {'op': 'remove', 'path': path}
        if value is not None:
            step = {'op': 'add', 'path': path, 'value': value}
        cloud.require(
            self._connection.image.patch(
                f'/images/{key.target}',
                headers={'Content-Type': _PATCH},
                json=[step],
            )
        )

    def _flavor(self, key: fact.Key, value: str | None) -> None:
        compute = self._connection.compute
        if value is None:
            compute.delete_flavor(self._found_flavor(key.target))
            return
        vcpus, ram_mb, disk_gb = fact.numbers(value)
        compute.create_flavor(
            name=key.target, vcpus=vcpus, ram=ram_mb, disk=disk_gb
        )

    def _extra_spec(self, key: fact.Key, value: str | None) -> None:
        compute = self._connection.compute
        flavor = self._found_flavor(key.target)
        if value is None:
            compute.delete_flavor_extra_specs_property(flavor, key.name)
        else:
            compute.create_flavor_extra_specs(flavor, {key.name: value})

    def _aggregate(self, key: fact.Key, value: str | None) -> None:
        compute = self._connection.compute
        if value is None:
            compute.delete_aggregate(self._found_aggregate(key.target))
        else:
            compute.create_aggregate(name=key.target)

    def _zone(self, key: fact.Key, value: str | None) -> None:
        self._connection.compute.update_aggregate(
            self._found_aggregate(key.target), availability_zone=value
        )

    def _metadata(self, key: fact.Key, value: str | None) -> None:
        # What is not named stays, and null takes away.
        self._connection.compute.set_aggregate_metadata(
            self._found_aggregate(key.target), {key.name: value}
        )

    def _host(self, key: fact.Key, value: str | None) -> None:
        compute = self._connection.compute
        aggregate = self._found_aggregate(key.target)
        if value is None:
            compute.remove_host_from_aggregate(aggregate, key.name)
        else:
            compute.add_host_to_aggregate(aggregate, key.name)

    def _found_flavor(self, name: str) -> Any:
        return _named(self._connection.compute.flavors(), 'flavor', name)

    def _found_aggregate(self, name: str) -> Any:
        return _named(self._connection.compute.aggregates(), 'aggregate', name)


def _named(rows: Any, noun: str, name: str) -> Any:
    """Find by the name alone, which may look like another's id."""
    for each in rows:
        if each.name == name:
            return each
    raise error.NotFound(f'There is no {noun} {name} any more')
