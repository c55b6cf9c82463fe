"""Nova's objects become the plain values that the rooms below work with."""

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
from typing import Any

from nova.objects import fields
from nova.virt import hardware

from novadocker import model

_IMAGE_PROPERTY = 'image_'
# RFC 1035, section 2.3.4. The kernel takes 64 bytes for a whole host name.
_MAX_LABEL_CHARS = 63


def instance_view(instance: Any) -> model.Instance:
    """Take from a ``nova.objects.Instance`` what shapes its container."""
    hostname, domain = split_hostname(instance.hostname or '')
    return model.Instance(
        uuid=instance.uuid,
        name=instance.name,
        hostname=hostname or instance.uuid,
        domain=domain,
        project_id=instance.project_id,
        flavor=flavor_view(instance.flavor),
        cpu_claim=_cpu_claim(
            instance.flavor,
            instance.image_meta,
            lambda: instance.numa_topology,
        ),
        metadata=dict(instance.metadata),
        image_properties=image_properties(instance),
    )


def resized_view(instance: Any, flavor: Any) -> model.Instance:
    """Take from an instance what shapes its container with another flavor.

    What was claimed for that, wherever it goes, stands in the context of its
    migration.
    """
    claim = _cpu_claim(
        flavor,
        instance.image_meta,
        lambda: instance.migration_context.new_numa_topology,
    )
    return dataclasses.replace(
        instance_view(instance), flavor=flavor_view(flavor), cpu_claim=claim
    )


def _cpu_claim(
    flavor: Any, image_meta: Any, claimed: Callable[[], Any]
) -> model.CpuClaim | None:
    """Take what Nova has picked of a host's CPUs.

    ``None`` where flavor and image leave that open. Where they do not, and
    Nova has picked none, the host has told Nova of no CPUs.

    :param claimed: may ask Nova's database
    """
    asked = hardware.numa_get_constraints(flavor, image_meta)
    if asked is None:
        return None
    is_dedicated = asked.cpu_policy == fields.CPUAllocationPolicy.DEDICATED
    topology = claimed()
    if topology is None:
        return model.CpuClaim(is_dedicated)
    return model.CpuClaim(
        is_dedicated,
        frozenset(topology.cpu_pinning),
        frozenset(cell.id for cell in topology.cells),
    )


def image_properties(instance: Any) -> dict[str, str]:
    """Take the properties of an instance's image from its system metadata.

    Nova copies them there at boot, and its ImageMeta object drops those that
    it does not know.
    """
    return {
        key.removeprefix(_IMAGE_PROPERTY): value
        for key, value in instance.system_metadata.items()
        if key.startswith(_IMAGE_PROPERTY) and value is not None
    }


def rescue_view(
    instance: Any, image_id: str, properties: Mapping[str, str]
) -> model.Instance:
    """Take from an instance what shapes the container that rescues it.

    Where that runs the server's own image, it runs it as the server does;
    what is said of the process of a server does not fit another image.

    :param properties: of that image
    """
    found = instance_view(instance)
    own = (
        instance.image_ref,
        instance.system_metadata.get('image_base_image_ref'),
    )
    if image_id in own:
        return found
    return dataclasses.replace(found, metadata={}, image_properties=properties)


def split_hostname(name: str) -> tuple[str, str]:
    """Split the name of a server into host name and domain.

    Nova lets a name of 255 characters pass, with dots and even with nothing
    between them (API microversion 2.94); a container whose host name the
    kernel refuses would not start.
    """
    labels = [
        label.strip('-')[:_MAX_LABEL_CHARS].rstrip('-')
        for label in name.split('.')
    ]
    host, *domain = list(filter(None, labels)) or ['']
    return host, '.'.join(domain)


def flavor_view(flavor: Any) -> model.Flavor:
    """Take from a ``nova.objects.Flavor`` what becomes a limit."""
    return model.Flavor(
        vcpus=flavor.vcpus,
        memory_mb=flavor.memory_mb,
        swap_mb=flavor.swap,
        root_gb=flavor.root_gb,
        extra_specs=dict(flavor.extra_specs),
    )
