"""Write tempest.conf: what this cloud has."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from deploy.quickstart import constants
from deploy.quickstart import home as home_module
from deploy.quickstart import push
from deploy.quickstart import render
from deploy.quickstart.tempest import images
from deploy.quickstart.tempest import workspace as workspace_module
from deploy.quickstart.tempest import zones as zones_module

# For resize, the second is larger.
FLAVORS = ('m1.nano', 'm1.tiny')


def write(
    workspace: workspace_module.Workspace,
    admin: Any,
    *,
    image_ids: list[str],
    hosts: Sequence[str],
    volumes: bool,
    secrets: Mapping[str, str],
) -> None:
    """Write the file, which has the administrator's password.

    :param hosts: the compute hosts that run containers
    :param volumes: whether there is Cinder
    """
    zones = zones_module.find(admin, hosts)
    disk_id = images.upload_disk(admin) if zones.other else ''
    flavors = [admin.compute.find_flavor(name).id for name in FLAVORS]
    text = (
        render.engine()
        .get_template('tempest.conf.j2')
        .render(
            home=workspace.home,
            workspace=workspace,
            secrets=secrets,
            management=constants.MANAGEMENT_ADDRESS,
            region=constants.REGION,
            hosts=hosts,
            volumes=volumes,
            filters=','.join(constants.SCHEDULER_FILTERS),
            public_network_id=admin.network.find_network('public').id,
            image_id=image_ids[0],
            image_alt_id=image_ids[1],
            flavor_id=flavors[0],
            flavor_alt_id=flavors[1],
            registry=push.REGISTRY,
            archive=images.archive_of(workspace.path, images.NAMES[0]),
            zones=zones,
            disk_id=disk_id,
        )
    )
    home_module.write(workspace.config, text, mode=0o600)
