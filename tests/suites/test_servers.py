"""Nova's suites about single servers."""

from nova.tests.functional import test_conf_max_attach_disk_devices
from nova.tests.functional import test_cross_az_attach
from nova.tests.functional import test_images
from nova.tests.functional import test_instance_actions
from nova.tests.functional import test_ip_allocation
from nova.tests.functional import test_server_faults
from nova.tests.functional import test_servers
from nova.tests.functional.wsgi import test_interfaces

from tests.suites import suite

globals().update(
    suite.of(
        __name__,
        test_servers.ServersTestV21,
        test_servers.ServerRebuildTestCase,
        test_servers.ServerSoftDeleteTests,
        test_servers.ServerDeleteBuildTests,
        test_servers.PortBindingShelvedServerTest,
        test_servers.ServerTestV220,
        test_conf_max_attach_disk_devices.ConfigurableMaxDiskDevicesTest,
        test_cross_az_attach.CrossAZAttachTestCase,
        test_images.ImagesTest,
        test_instance_actions.InstanceActionsTestV221,
        test_instance_actions.InstanceActionEventFaultsTestCase,
        test_ip_allocation.IPAllocationTests,
        test_server_faults.ServerFaultTestCase,
        test_interfaces.InterfaceFullstack,
    )
)
