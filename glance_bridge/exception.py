"""The bridge's own errors.

Each knows how it is told to a client of the registry: the status, the code
of the distribution API and one sentence, which ``docker push`` prints::

    BridgeError                       500 UNKNOWN
    +-- Unauthorized                  401 UNAUTHORIZED
    +-- Denied                        403 DENIED
    |   +-- QuotaExceeded
    +-- NameInvalid                   400 NAME_INVALID
    +-- NameUnknown                   404 NAME_UNKNOWN
    |   +-- RegistryNotFound          the engine has no such thing
    +-- ManifestInvalid               400 MANIFEST_INVALID
    +-- ManifestUnknown               404 MANIFEST_UNKNOWN
    +-- RequestInvalid                400 UNSUPPORTED, not the registry's API
    +-- NotFound                      404 UNSUPPORTED, no such door
    +-- Unsupported                   405 UNSUPPORTED
    +-- TooManyRequests               429 TOOMANYREQUESTS
    +-- RegistryRefused               502, or the engine's own answer
    +-- CatalogueRefused              502, Glance did not do it
    |   +-- ImageNotFound             it has no such image
    |   +-- ImageConflict             the id is taken, or the state is wrong
    |   +-- ImageProtected            its owner forbids to delete it
    |   +-- LocationFailed            its task could not use the location
    +-- ServiceUnavailable            503 UNAVAILABLE, with Retry-After
        +-- RegistryUnavailable       the engine does not answer
        +-- CatalogueUnavailable      Glance does not answer, or not in time
        +-- DatabaseUnavailable       nor the bridge's own database
        +-- Locked                    others work on the same tag for long
    ConfigurationInvalid              no bridge can be started with it
"""

from collections.abc import Iterable

Headers = Iterable[tuple[str, str]]


class BridgeError(Exception):
    status = 500
    code = 'UNKNOWN'
    msg_fmt = '%(reason)s'

    def __init__(
        self,
        reason: str = '',
        *,
        status: int | None = None,
        headers: Headers = (),
    ) -> None:
        self.message = self.msg_fmt % {'reason': reason}
        self.status = status or self.status
        self.headers = tuple(headers)
        super().__init__(self.message)


class Unauthorized(BridgeError):
    """Whoever raises it adds the header WWW-Authenticate."""

    status = 401
    code = 'UNAUTHORIZED'


class Denied(BridgeError):
    status = 403
    code = 'DENIED'


class QuotaExceeded(Denied):
    pass


class NameInvalid(BridgeError):
    status = 400
    code = 'NAME_INVALID'


class NameUnknown(BridgeError):
    status = 404
    code = 'NAME_UNKNOWN'


class RegistryNotFound(NameUnknown):
    msg_fmt = 'The registry has no %(reason)s.'


class ManifestInvalid(BridgeError):
    status = 400
    code = 'MANIFEST_INVALID'


class ManifestUnknown(BridgeError):
    status = 404
    code = 'MANIFEST_UNKNOWN'


class RequestInvalid(BridgeError):
    status = 400
    code = 'UNSUPPORTED'


class NotFound(BridgeError):
    status = 404
    code = 'UNSUPPORTED'


class Unsupported(BridgeError):
    status = 405
    code = 'UNSUPPORTED'


class TooManyRequests(BridgeError):
    status = 429
    code = 'TOOMANYREQUESTS'


class RegistryRefused(BridgeError):
    msg_fmt = 'The registry refused: %(reason)s'

    def __init__(self, reason: str = '', status: int = 502) -> None:
        super().__init__(reason, status=status)


class CatalogueRefused(BridgeError):
    status = 502
    msg_fmt = 'Glance refused: %(reason)s'


class ImageNotFound(CatalogueRefused):
    pass


class ImageConflict(CatalogueRefused):
    pass


class ImageProtected(CatalogueRefused):
    pass


class LocationFailed(CatalogueRefused):
    msg_fmt = 'Glance could not use the data in the registry: %(reason)s'


class ServiceUnavailable(BridgeError):
    status = 503
    code = 'UNAVAILABLE'

    def __init__(
        self,
        reason: str = '',
        *,
        headers: Headers = (),
        retry_after_s: int = 5,
    ) -> None:
        wait = ('Retry-After', str(retry_after_s))
        super().__init__(reason, headers=(*headers, wait))


class RegistryUnavailable(ServiceUnavailable):
    msg_fmt = 'The registry does not answer: %(reason)s'


class CatalogueUnavailable(ServiceUnavailable):
    msg_fmt = 'Glance does not answer: %(reason)s'


class Locked(ServiceUnavailable):
    msg_fmt = 'Others are changing %(reason)s. Push again.'


class DatabaseUnavailable(ServiceUnavailable):
    msg_fmt = 'The database of the bridge cannot be used: %(reason)s'


class ConfigurationInvalid(Exception):
    """The sentence names the option and what to write there."""
