"""The door to Nova: a ComputeDriver that delegates.

The facade reads the configuration, puts the rooms together and turns Nova's
objects into plain values. What happens is told in ops/.
"""

from nova.virt import driver

from novadocker.facade import console
from novadocker.facade import diagnostics
from novadocker.facade import guest
from novadocker.facade import host
from novadocker.facade import image
from novadocker.facade import lifecycle
from novadocker.facade import migration
from novadocker.facade import network
from novadocker.facade import rebuild
from novadocker.facade import refusal
from novadocker.facade import rescue
from novadocker.facade import suspend
from novadocker.facade import volume


class DockerDriver(
    host.Host,
    lifecycle.Lifecycle,
    network.Network,
    image.Image,
    guest.Guest,
    console.Console,
    diagnostics.Diagnostics,
    migration.Migration,
    rebuild.Rebuild,
    refusal.Refusal,
    rescue.Rescue,
    suspend.Suspend,
    volume.Volume,
):
    """Runs servers as Docker containers."""

    capabilities = {
        **driver.ComputeDriver.capabilities,
        'has_imagecache': True,
        'supports_image_type_raw': True,
        'supports_attach_interface': True,
        'supports_device_tagging': True,
        'supports_evacuate': True,
        'supports_extend_volume': True,
        'supports_pcpus': True,
        'supports_tagged_attach_interface': True,
        'supports_tagged_attach_volume': True,
        'supports_trusted_certs': True,
    }
