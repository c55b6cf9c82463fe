"""Clouds of a few hosts, as values."""

from novadocker.zone import fact
from novadocker.zone import model

Kind = fact.Kind
Key = fact.Key
ISOLATED = {'trait:CUSTOM_NOVA_DOCKER': 'required'}


def host(name, kind='docker', **more):
    more.setdefault('has_trait', kind == 'docker')
    more.setdefault('zone', 'nova')
    more.setdefault('architecture', 'x86_64')
    return model.Host(name, f'{name}.example', hypervisor_type=kind, **more)


def aggregate(name, *hosts, **more):
    nodes = frozenset(f'{each}.example' for each in hosts)
    more.setdefault('nodes', nodes)
    return model.Aggregate(name, hosts=frozenset(hosts), **more)


def image(image_id='i1', container_format='docker', **more):
    more.setdefault('properties', dict(model.IMAGE_PROPERTIES))
    more.setdefault('name', 'memcached:latest')
    return model.Image(image_id, container_format=container_format, **more)


def disk(image_id='i2', **properties):
    """An image for virtual machines."""
    return image(image_id, 'bare', name='cirros', properties=properties)


def cloud(*things):
    """Sort things into a cloud."""
    named = {
        each: {it.name: it for it in things if isinstance(it, each)}
        for each in (model.Host, model.Aggregate, model.Flavor)
    }
    return model.Cloud(
        named[model.Host],
        named[model.Aggregate],
        named[model.Flavor],
        tuple(it for it in things if isinstance(it, model.Image)),
    )


def added(kind, target, name='', value=fact.PRESENT):
    return fact.Change(Key(kind, target, name), None, value)
