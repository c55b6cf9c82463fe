"""Who comes in: rows, keys, Keystone, tokens."""

import pathlib
import time
from typing import Any

from glance_bridge import exception
from glance_bridge import health
from glance_bridge.db import api as db_api
from glance_bridge.identity import directory
from glance_bridge.identity import keystone
from glance_bridge.identity import services
from glance_bridge.identity import session
from glance_bridge.identity import throttle
from glance_bridge.namespace import binding
from glance_bridge.namespace import owner
from glance_bridge.policies import enforcer
from glance_bridge.rooms import house
from glance_bridge.token import authority
from glance_bridge.token import door as token_doors
from glance_bridge.token import grant
from glance_bridge.token import issuer
from glance_bridge.token import key
from glance_bridge.token import peer
from glance_bridge.token import verifier


class Gate(house.House):
    @house.room
    def database(self) -> db_api.Database:
        return db_api.Database(dict(self.conf.database.items()))

    @house.room
    def health(self) -> health.Door:
        return health.Door(self.conf, self.database)

    @house.room
    def session(self) -> Any:
        """Give the bridge's own session with Keystone."""
        return session.load(self.conf, 'identity')

    @house.room
    def policy(self) -> enforcer.Enforcer:
        return enforcer.Enforcer(self.conf)

    @house.room
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

    @house.room
    def issuer(self) -> issuer.Issuer:
        options = self.conf.token
        return issuer.Issuer(self.signing_key, options.issuer, options.service)

    @house.room
    def verifier(self) -> verifier.Verifier:
        options = self.conf.token
        return verifier.Verifier(
            self.signing_key, options.issuer, options.service
        )

    @house.room
    def authorize(self) -> authority.Authorize:
        """Give what signs for the bridge's own use of the registry."""
        return authority.own(self.issuer)

    @house.room
    def directory(self) -> directory.Directory:
        options = self.conf.identity
        limits = throttle.Limits(
            options.failures_per_account,
            options.failures_per_address,
            options.failure_window_s,
        )
        return directory.Directory(
            keystone.Keystone(self.session, session.auth_url(self.session)),
            throttle.Throttle(limits, self.database, time.time),
            directory.Lifetimes(options.kept_s, options.refused_s),
            options.login_domain_name,
            time.monotonic,
        )

    @house.room
    def namespaces(self) -> binding.Namespaces:
        return binding.Namespaces(
            self.database, self.conf.identity.namespace_domain_id
        )

    @house.room
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
