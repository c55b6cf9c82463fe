"""What publishes: the engine, Glance, and who makes them agree."""

import platform

from glance_bridge import exception
from glance_bridge.catalogue import glance
from glance_bridge.catalogue import wait
from glance_bridge.identity import endpoint
from glance_bridge.publish import lock
from glance_bridge.publish import neighbour
from glance_bridge.publish import publisher
from glance_bridge.quota import limit
from glance_bridge.quota import quota as quotas
from glance_bridge.registry import client
from glance_bridge.registry import relay
from glance_bridge.rooms import gate
from glance_bridge.rooms import house
from glance_bridge.verdict import judge
from glance_bridge.verdict import model as verdict_model
from ocikit import platform as oci_platform

_KEY_CHARACTERS = 32


class Publishing(gate.Gate):
    @house.room
    def registry(self) -> client.Registry:
        options = self.conf.registry
        return client.Registry(
            options.url,
            self.authorize,
            options.ca_file,
            options.timeout_s,
            pool_size=options.pool_size,
            can_delete_tag=options.can_delete_tag,
        )

    @house.room
    def relay(self) -> relay.Relay:
        options = self.conf.registry
        return relay.Relay(
            options.url,
            options.ca_file,
            options.timeout_s,
            pool_size=options.pool_size,
        )

    @house.room
    def judge(self) -> judge.Judge:
        options = self.conf.front
        here = oci_platform.from_machine(platform.machine())
        named = options.platform and oci_platform.parse(options.platform)
        rules = verdict_model.Rules(named or here, options.accept_zstd)
        return judge.Judge(self.registry, rules)

    @house.room
    def quota(self) -> quotas.Quota:
        options = self.conf.quota
        limits: quotas.Limits = limit.NoLimits()
        if options.use_keystone_limits:
            limits = limit.Limits(options.limit_lifetime_s)
        return quotas.Quota(limits, self.catalogue)

    @house.room
    def catalogue(self) -> glance.Catalogue:
        options = self.conf.glance
        return glance.Catalogue(
            endpoint.Endpoint(
                self.session,
                'image',
                interface=options.interface,
                region=options.region_name,
                override=options.endpoint_override,
                timeout_s=options.request_timeout_s,
            )
        )

    @house.room
    def waiter(self) -> wait.Waiter:
        options = self.conf.glance
        return wait.Waiter(
            self.catalogue,
            active_timeout_s=options.active_timeout_s,
            hash_timeout_s=options.hash_timeout_s,
        )

    @house.room
    def publisher(self) -> publisher.Publisher:
        options = self.conf.publishing
        if len(options.image_id_key or '') < _KEY_CHARACTERS:
            raise exception.ConfigurationInvalid(
                f'[publishing] image_id_key needs {_KEY_CHARACTERS} '
                'characters or more. Make it with "openssl rand -hex 32", '
                'and give the same to every process of the bridge.'
            )
        neighbours = neighbour.Neighbours(
            catalogue=self.catalogue,
            waiter=self.waiter,
            registry=self.registry,
            database=self.database,
            judge=self.judge,
            locks=lock.Locks(options.lock_url, options.lock_timeout_s),
            owner_of=self.namespaces.find,
        )
        return publisher.Publisher(
            neighbours, options.image_id_key.encode(), options.store
        )
