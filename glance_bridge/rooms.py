"""The composition root: who gets what, and the only reader of options.

Each room is made when it is first asked for, once per process and also with
many threads, so that a command which needs the database alone opens nothing
else, and nothing is open when a WSGI server forks.
"""

from collections.abc import Callable
import datetime
import functools
import pathlib
import platform
import threading
import time
from typing import Any
from typing import Generic
from typing import Self
from typing import TypeVar
from typing import overload

from glance_bridge import exception
from glance_bridge import health
from glance_bridge import settle
from glance_bridge.catalogue import glance
from glance_bridge.catalogue import wait
from glance_bridge.db import api as db_api
from glance_bridge.events import door as events_door
from glance_bridge.events import queue
from glance_bridge.front import bearer
from glance_bridge.front import door as front_doors
from glance_bridge.front import immutable
from glance_bridge.front import push
from glance_bridge.front import removal
from glance_bridge.identity import directory
from glance_bridge.identity import endpoint
from glance_bridge.identity import keystone
from glance_bridge.identity import services
from glance_bridge.identity import session
from glance_bridge.identity import throttle
from glance_bridge.identity import tokens
from glance_bridge.namespace import binding
from glance_bridge.namespace import owner
from glance_bridge.policies import enforcer
from glance_bridge.publish import lock
from glance_bridge.publish import neighbour
from glance_bridge.publish import publisher
from glance_bridge.pull import caller as pull_caller
from glance_bridge.pull import door as pull_doors
from glance_bridge.pull import place as pull_place
from glance_bridge.pull import snapshot as pull_snapshot
from glance_bridge.quota import limit
from glance_bridge.quota import quota as quotas
from glance_bridge.reconcile import loop
from glance_bridge.reconcile import mend
from glance_bridge.reconcile import model as reconcile_model
from glance_bridge.reconcile import orphan
from glance_bridge.reconcile import question
from glance_bridge.reconcile import survey
from glance_bridge.reconcile import sweep
from glance_bridge.registry import client
from glance_bridge.registry import relay
from glance_bridge.token import authority
from glance_bridge.token import door as token_doors
from glance_bridge.token import grant
from glance_bridge.token import issuer
from glance_bridge.token import key
from glance_bridge.token import peer
from glance_bridge.token import verifier
from glance_bridge.verdict import judge
from glance_bridge.verdict import model as verdict_model
from ocikit import platform as oci_platform

T = TypeVar('T')

# Nobody guesses that many.
_KEY_CHARACTERS = 32


class room(Generic[T]):  # noqa: N801 - it is used like property
    """A property that is made once, under its owner's lock."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, rooms: None, owner: type) -> Self: ...

    @overload
    def __get__(self, rooms: 'Rooms', owner: type) -> T: ...

    def __get__(self, rooms: 'Rooms | None', owner: type) -> Self | T:
        if rooms is None:
            return self
        made = rooms.made
        # Whatever is made stays: reading it needs no lock.
        if self._name not in made:
            with rooms.lock:
                if self._name not in made:
                    made[self._name] = self._make(rooms)
        found: T = made[self._name]
        return found


class Rooms:
    """Everything that the doors and commands of one process share.

    :param conf: options as :func:`glance_bridge.conf.load` returns them
    """

    def __init__(self, conf: Any) -> None:
        self.conf = conf
        self.lock = threading.RLock()
        self.made: dict[str, Any] = {}

    @room
    def database(self) -> db_api.Database:
        return db_api.Database(dict(self.conf.database.items()))

    @room
    def signing_key(self) -> key.SigningKey:
        options = self.conf.token
        try:
            return key.load(
                pathlib.Path(options.key_file).read_bytes(),
                pathlib.Path(options.certificate_file).read_bytes(),
            )
        except OSError as err:
            raise exception.ConfigurationInvalid(
                f'The signing key cannot be read ({err}). Make one with '
                '"glance-bridge-manage key".'
            ) from err

    @room
    def issuer(self) -> issuer.Issuer:
        options = self.conf.token
        return issuer.Issuer(self.signing_key, options.issuer, options.service)

    @room
    def verifier(self) -> verifier.Verifier:
        options = self.conf.token
        return verifier.Verifier(
            self.signing_key, options.issuer, options.service
        )

    @room
    def authorize(self) -> authority.Authorize:
        """Give what signs for the bridge's own use of the registry."""
        return authority.own(self.issuer)

    @room
    def policy(self) -> enforcer.Enforcer:
        return enforcer.Enforcer(self.conf)

    @room
    def session(self) -> Any:
        """Give the bridge's own session with Keystone."""
        return session.load(self.conf, 'identity')

    @room
    def directory(self) -> directory.Directory:
        options = self.conf.identity
        limits = throttle.Limits(
            options.failures_per_account,
            options.failures_per_address,
            options.failure_window_s,
        )
        return directory.Directory(
            keystone.Keystone(self.session, session.auth_url(self.session)),
            throttle.Throttle(limits, time.monotonic),
            directory.Lifetimes(options.kept_s, options.refused_s),
            options.login_domain_name,
            time.monotonic,
        )

    @room
    def namespaces(self) -> binding.Namespaces:
        return binding.Namespaces(
            self.database, self.conf.identity.namespace_domain_id
        )

    @room
    def token_door(self) -> token_doors.Door:
        options = self.conf.identity
        project = services.ServiceProject(
            options.service_project, options.service_project_domain_id
        )
        return token_doors.Door(
            self.directory,
            services.Services(self.directory, project),
            grant.Grants(
                owner.Owners(self.directory, self.namespaces), self.policy
            ),
            self.issuer,
            self._token_rules(),
        )

    def _token_rules(self) -> token_doors.Rules:
        options = self.conf.token
        try:
            return token_doors.Rules(
                options.push_lifetime_s,
                options.pull_lifetime_s,
                peer.networks(options.trusted_proxies),
                peer.networks(options.cleartext_networks),
            )
        except ValueError as err:
            raise exception.ConfigurationInvalid(
                '[token] trusted_proxies and cleartext_networks have to be '
                f'addresses or networks: {err}'
            ) from err

    @room
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

    @room
    def relay(self) -> relay.Relay:
        options = self.conf.registry
        return relay.Relay(
            options.url,
            options.ca_file,
            options.timeout_s,
            pool_size=options.pool_size,
        )

    @room
    def judge(self) -> judge.Judge:
        options = self.conf.front
        here = oci_platform.from_machine(platform.machine())
        named = options.platform and oci_platform.parse(options.platform)
        rules = verdict_model.Rules(named or here, options.accept_zstd)
        return judge.Judge(self.registry, rules)

    @room
    def quota(self) -> quotas.Quota:
        options = self.conf.quota
        limits: quotas.Limits = limit.NoLimits()
        if options.use_keystone_limits:
            limits = limit.Limits(options.limit_lifetime_s)
        return quotas.Quota(limits, self.catalogue)

    @room
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

    @room
    def waiter(self) -> wait.Waiter:
        options = self.conf.glance
        return wait.Waiter(
            self.catalogue,
            active_timeout_s=options.active_timeout_s,
            hash_timeout_s=options.hash_timeout_s,
        )

    @room
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

    @room
    def hints(self) -> queue.Hints:
        options = self.conf.events
        return queue.Hints(
            self._settler('event'), options.delay_s, options.queue_size
        )

    @room
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
            ),
            tags,
        )
        remover = removal.Remover(
            self.registry, self.publisher, self.hints, tags
        )
        return front_doors.Door(
            front_doors.Stories(pusher, remover, self.relay),
            bearer.Gate(self.verifier, token.realm, token.service),
            self.namespaces,
            proxies=self._token_rules().proxies,
            warns=options.unpublished_push == 'warn',
        )

    @room
    def health(self) -> health.Door:
        return health.Door(self.conf, self.database)

    @room
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
            places=pull_place.Places(self.database, self.registry),
            registry=self.registry,
            issuer=self.issuer,
        )

    @room
    def pull_door(self) -> pull_doors.PullDoor:
        return pull_doors.PullDoor(
            self.behind, lifetime_s=self.conf.token.pull_lifetime_s
        )

    @room
    def push_door(self) -> pull_snapshot.PushDoor:
        return pull_snapshot.PushDoor(
            self.behind, lifetime_s=self.conf.token.push_lifetime_s
        )

    def _settler(self, way: str) -> settle.Settler:
        return settle.Settler(
            self.registry, self.publisher, self.database, way
        )

    @room
    def events(self) -> events_door.Door:
        options = self.conf.events
        return events_door.Door(
            self.hints, options.token, frozenset(options.ignored_actors)
        )

    @room
    def sweeper(self) -> sweep.Sweeper:
        options = self.conf.reconciler
        menders = mend.Rooms(
            settler=self._settler('sweep'),
            publisher=self.publisher,
            registry=self.registry,
            catalogue=self.catalogue,
            database=self.database,
        )
        return sweep.Sweeper(
            survey.Survey(
                *(self.registry, self.catalogue, self.database),
                options.threads,
            ),
            orphan.Orphans(self.catalogue, options.orphan_after_s),
            mend.Mender(menders),
            self.database,
            sweep.Questions(
                question.Question(self.registry, self.judge).is_image,
                self.publisher.recognize,
            ),
            self._retention(),
            threads=options.threads,
        )

    def _retention(self) -> reconcile_model.Rules:
        options = self.conf.reconciler
        days = options.retired_days
        return reconcile_model.Rules(
            options.retired_images,
            None if days is None else datetime.timedelta(days=days),
            datetime.timedelta(seconds=options.stuck_after_s),
        )

    @room
    def loop(self) -> loop.Loop:
        # Nobody waits for a sweep: another one comes soon enough.
        locks = lock.Locks(self.conf.publishing.lock_url, timeout_s=1)
        return loop.Loop(
            self.sweeper,
            functools.partial(locks.held, 'sweep'),
            self.conf.reconciler.interval_s,
        )
