"""Words that several files share: fixed names, addresses and ports."""

# What the state folder holds; another number means another layout, which
# this program neither reads nor repairs.
STATE_VERSION = 1

DEFAULT_HOME = '/var/lib/nova-docker'

# Every process that the quickstart starts carries this variable, so that a
# later run recognises what an interrupted one left behind.
OWNER_VARIABLE = 'NOVA_DOCKER_OWNER'

# The system user that nova-compute and the APIs run as.
USER = 'nova'

# Services listen on an address that other nodes on this machine can reach,
# so not on loopback. 198.51.100.0/24 and 203.0.113.0/24 are set aside for
# documentation (RFC 5737): no real network has them.
MANAGEMENT_DEVICE = 'nova-mgmt'
MANAGEMENT_ADDRESS = '198.51.100.1'
MANAGEMENT_CIDR = '198.51.100.0/24'
MANAGEMENT_PREFIX = '198.51.100'
FIRST_NODE = 10
LOOPBACK = '127.0.0.1'
PREFIX_LENGTH = 24

PUBLIC_CIDR = '203.0.113.0/24'
PUBLIC_GATEWAY = '203.0.113.1'
PUBLIC_POOL = ('203.0.113.10', '203.0.113.250')
PRIVATE_CIDR = '10.10.0.0/24'

# Beneath every route of ours lies an unreachable one of high metric: what is
# meant for a stopped cloud must not leave through the default route.
UNREACHABLE_METRIC = 4278198272

REGION = 'RegionOne'
# The last is the image half alone: nothing boots, and nothing is plugged.
IMAGES_ONLY = 'none'
NETWORKS = ('ovs', 'ovn', IMAGES_ONLY)

# What users push to and hosts pull from; behind it are the registry and the
# bridge, which nobody else reaches.
REGISTRY_PORT = 5042
REGISTRY_ENGINE_PORT = 5043
BRIDGE_PORT = 5044
TOKEN_PORT = 5045
# Accounts that the packages bring.
REGISTRY_USER = 'docker-registry'
PROXY_USER = 'www-data'

EXTERNAL_BRIDGE = 'br-ex'
PHYSICAL_BRIDGE = 'br-phys'
INTEGRATION_BRIDGE = 'br-int'

# What Neutron's agents call the namespaces of networks and routers.
AGENT_NAMESPACES = ('qdhcp-', 'qrouter-', 'ovnmeta-', 'fip-', 'snat-')

NETNS_DIR = '/run/netns'
RUNTIME_MAP_DIR = '/run/nova-docker/netns'
SUDOERS = '/etc/sudoers.d/nova-docker-quickstart'

DEMO = 'demo'
MEMCACHED = 'memcached'
MEMCACHED_PORT = 11211
IMAGE = 'memcached:latest'
TRAIT = 'CUSTOM_NOVA_DOCKER'
AGGREGATE = 'docker'

# Nova's own choice, and two that only act where a request asks for it.
SCHEDULER_FILTERS = (
    'ComputeFilter',
    'ComputeCapabilitiesFilter',
    'ImagePropertiesFilter',
    'ServerGroupAntiAffinityFilter',
    'ServerGroupAffinityFilter',
    'SameHostFilter',
    'DifferentHostFilter',
    'NUMATopologyFilter',
)
