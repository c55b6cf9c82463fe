"""Nova's suites about where servers go, and about hosts and their services.

They take long; ``tools/run-tests --full`` runs them.
"""

from nova.tests.functional import test_aggregates
from nova.tests.functional import test_availability_zones
from nova.tests.functional import test_cold_migrate
from nova.tests.functional import test_external_networks
from nova.tests.functional import test_list_servers_ip_filter
from nova.tests.functional import test_metadata
from nova.tests.functional import test_server_group
from nova.tests.functional import test_servers
from nova.tests.functional.wsgi import test_services

from tests.suites import suite

globals().update(
    suite.of(
        __name__,
        test_aggregates.AggregatesV281Test,
        test_aggregates.AggregatePutTest,
        test_aggregates.TenantAggregateFilterTest,
        test_aggregates.IsolateAggregateFilterTest,
        test_aggregates.TestAggregateMultiTenancyIsolationFilter,
        test_aggregates.AggregateMultiTenancyIsolationColdMigrateTest,
        test_availability_zones.TestAvailabilityZoneScheduling,
        test_cold_migrate.ColdMigrationDisallowSameHost,
        test_external_networks.TestNeutronExternalNetworks,
        test_list_servers_ip_filter.TestListServersIpFilter,
        test_metadata.MetadataTest,
        test_server_group.ServerGroupAffinityConfTest,
        test_server_group.ServerGroupAntiAffinityConfTest,
        test_server_group.ServerGroupTestMultiCell,
        test_server_group.ServerGroupTestV295,
        test_server_group.ServerGroupSoftAffinityConfTest,
        test_server_group.ServerGroupSoftAntiAffinityConfTest,
        test_servers.ServersTestV219,
        test_servers.ConsumerGenerationConflictTest,
        test_servers.PollUnconfirmedResizesTest,
        test_servers.ServerMovingTests,
        test_servers.ServersTestV280,
        test_servers.ServerTestV256MultiCellTestCase,
        test_servers.ServerTestV256RescheduleTestCase,
        test_servers.ServerTestV256SingleCellMultiHostTestCase,
        test_servers.TraitsBasedSchedulingTest,
        test_services.TestServicesAPI,
        test_services.ComputeStatusFilterTest211,
    )
)
