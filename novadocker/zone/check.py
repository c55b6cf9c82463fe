"""What is off in a zone, each with its cure; nothing is changed."""

from collections.abc import Iterator
import shlex

from novadocker.zone import desired
from novadocker.zone import model
from novadocker.zone import plan

_APPLY = 'novadocker-zone apply'


def findings(
    wish: desired.Wish, cloud: model.Cloud
) -> Iterator[model.Finding]:
    """Yield what is off: against the wish, and by itself."""
    made = plan.make(wish, cloud)
    names = {image.id: image.name for image in cloud.images}
    yield from made.obstacles
    yield from made.refused
    for change in made.changes:
        yield model.Finding(f'Not yet: {change.line(names)}', _APPLY)
    yield from _no_host(cloud)
    for host in cloud.hosts.values():
        yield from _host(host, cloud)
    for aggregate in cloud.aggregates.values():
        yield from _aggregate(aggregate, cloud)
    for image in cloud.images:
        # What is still being written may lack its format.
        if image.status == 'active':
            yield from _image(image)


def _no_host(cloud: model.Cloud) -> Iterator[model.Finding]:
    if not any(
        host.is_docker and host.is_up and host.is_enabled
        for host in cloud.hosts.values()
    ):
        yield model.Finding(
            'No docker host takes servers',
            'start or enable nova-compute with compute_driver = '
            'docker.DockerDriver on a host',
        )


def _host(host: model.Host, cloud: model.Cloud) -> Iterator[model.Finding]:
    """Look at a docker host; others are not ours to judge."""
    if host.is_docker:
        yield from _service(host)
        yield from _placing(host, cloud)


def _service(host: model.Host) -> Iterator[model.Finding]:
    if not host.is_up:
        yield model.Finding(
            f'Host {host.name} is down', 'start nova-compute there'
        )
    if not host.is_enabled:
        yield model.Finding(
            f'Host {host.name} is disabled'
            + (f' ({host.disabled_reason})' if host.disabled_reason else ''),
            f'openstack compute service set --enable {host.name} nova-compute',
        )


def _placing(host: model.Host, cloud: model.Cloud) -> Iterator[model.Finding]:
    """Look at what brings images to a docker host, and keeps others off."""
    if not host.has_trait:
        yield model.Finding(
            f'Host {host.name} has no trait '
            f'{model.ISOLATION.removeprefix(model.TRAIT_PREFIX)}: no image '
            'that asks for it gets there',
            'restart nova-compute there, which reports it',
        )
    if not any(
        model.ISOLATION in it.metadata for it in cloud.aggregates_of(host.name)
    ):
        yield model.Finding(
            f'Host {host.name} is in no isolated aggregate: images for '
            'other hosts may be sent there',
            f'{_APPLY}, or: openstack aggregate add host docker {host.name}',
        )


def _aggregate(
    aggregate: model.Aggregate, cloud: model.Cloud
) -> Iterator[model.Finding]:
    """Look at what isolates, or names a zone; others are not ours."""
    is_isolated = model.ISOLATION in aggregate.metadata
    for name in sorted(aggregate.hosts & cloud.hosts.keys()):
        host = cloud.hosts[name]
        if is_isolated and not host.is_docker:
            yield _cut_off(host, aggregate.name)
        is_told = host.node in aggregate.nodes or not host.node
        if (is_isolated or aggregate.zone) and not is_told:
            yield model.Finding(
                f'Placement does not have host {name} in aggregate '
                f'{aggregate.name}',
                'nova-manage placement sync_aggregates',
            )


def _cut_off(host: model.Host, aggregate: str) -> model.Finding:
    return model.Finding(
        f'Host {host.name} of type {host.hypervisor_type or "?"} is in the '
        f'isolated aggregate {aggregate}: nothing gets there',
        'openstack aggregate remove host '
        f'{shlex.quote(aggregate)} {host.name}',
    )


def _image(image: model.Image) -> Iterator[model.Finding]:
    command = f'openstack image {{}} --property {{}} {image.id}'
    for name, value in model.IMAGE_PROPERTIES.items():
        has = image.properties.get(name)
        if image.is_docker and has != value:
            yield model.Finding(
                f'Image {image} is for docker hosts and has {name} = '
                f'{has or "nothing"}: it may be sent elsewhere',
                command.format('set', f'{name}={value}'),
            )
        elif not image.is_docker and has == value:
            yield model.Finding(
                f'Image {image} has {name} = {value} and the format '
                f'{image.container_format or "none"}: no host boots it',
                command.format('unset', name),
            )
