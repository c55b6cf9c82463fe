"""What clients and Nova reach: manifests, layers and snapshots."""

from glance_bridge.front import bearer
from glance_bridge.front import door as front_doors
from glance_bridge.front import immutable
from glance_bridge.front import push
from glance_bridge.front import removal
from glance_bridge.front import turn
from glance_bridge.identity import services
from glance_bridge.identity import session
from glance_bridge.identity import tokens
from glance_bridge.pull import caller as pull_caller
from glance_bridge.pull import door as pull_doors
from glance_bridge.pull import place as pull_place
from glance_bridge.pull import snapshot as pull_snapshot
from glance_bridge.rooms import healing
from glance_bridge.rooms import house


class Doors(healing.Healing):
    @house.room
    def front(self) -> front_doors.Door:
        token, options = self.conf.token, self.conf.front
        tags = immutable.Rules(options.immutable_tags)
        pusher = push.Pusher(
            push.Neighbours(
                relay=self.relay,
                registry=self.registry,
                judge=self.judge,
                quota=self.quota,
                database=self.database,
                publisher=self.publisher,
                owner_of=self.namespaces.find,
            ),
            tags,
        )
        remover = removal.Remover(
            self.registry, self.publisher, self.hints, tags
        )
        rules = turn.Rules(
            options.pushes,
            options.pushes_per_project,
            options.waiting_pushes,
            options.push_wait_s,
        )
        return front_doors.Door(
            front_doors.Stories(
                pusher, remover, self.relay, turn.Turns(rules)
            ),
            bearer.Gate(self.verifier, token.realm, token.service),
            self.namespaces,
            proxies=self._token_rules().proxies,
            warns=options.unpublished_push == 'warn',
        )

    @house.room
    def behind(self) -> pull_doors.Behind:
        """Give what the doors of Nova have in common."""
        options = self.conf.identity
        return pull_doors.Behind(
            gate=pull_caller.Gate(
                tokens.Tokens(self.session, session.auth_url(self.session)),
                services.ServiceProject(
                    options.service_project, options.service_project_domain_id
                ),
                self.policy,
            ),
            catalogue=self.catalogue,
            places=pull_place.Places(
                self.database, self.registry, self.catalogue
            ),
            registry=self.registry,
            issuer=self.issuer,
        )

    @house.room
    def pull_door(self) -> pull_doors.PullDoor:
        return pull_doors.PullDoor(
            self.behind, lifetime_s=self.conf.token.pull_lifetime_s
        )

    @house.room
    def push_door(self) -> pull_snapshot.PushDoor:
        return pull_snapshot.PushDoor(
            self.behind, lifetime_s=self.conf.token.push_lifetime_s
        )

    @house.room
    def publish_door(self) -> pull_snapshot.PublishDoor:
        return pull_snapshot.PublishDoor(
            self.behind,
            self.registry,
            self.catalogue,
            judge=self.judge.judge,
            quota=self.quota,
            wait=self.waiter.until_active,
            store=self.conf.publishing.store,
        )
