"""Nova's objects become the plain values that the rooms below work with."""

from typing import Any

from novadocker import model

_IMAGE_PROPERTY = 'image_'


def instance_view(instance: Any) -> model.Instance:
    """Take from a ``nova.objects.Instance`` what shapes its container.

    Image properties come from the system metadata: Nova copies them there at
    boot, and its ImageMeta object drops those that it does not know.
    """
    properties = {
        key.removeprefix(_IMAGE_PROPERTY): value
        for key, value in instance.system_metadata.items()
        if key.startswith(_IMAGE_PROPERTY) and value is not None
    }
    return model.Instance(
        uuid=instance.uuid,
        name=instance.name,
        hostname=instance.hostname or instance.uuid,
        project_id=instance.project_id,
        flavor=flavor_view(instance.flavor),
        metadata=dict(instance.metadata),
        image_properties=properties,
    )


def flavor_view(flavor: Any) -> model.Flavor:
    """Take from a ``nova.objects.Flavor`` what becomes a limit."""
    return model.Flavor(
        vcpus=flavor.vcpus,
        memory_mb=flavor.memory_mb,
        swap_mb=flavor.swap,
        root_gb=flavor.root_gb,
        extra_specs=dict(flavor.extra_specs),
    )
