"""Say to uv what pip was told about where packages come from.

uv reads none of pip's settings. Here is what both can be told; of any other
one only pip knows the meaning. Nothing may come from an index that pip would
not ask, nor by a connection that pip would not make. Runs nothing.
"""

import ast
from collections.abc import Mapping
import dataclasses
import math
import os
import urllib.parse

# Of those that count for `pip install`, a later one beats an earlier one.
_SCOPES = ('global', 'install', ':env:')

_INDEXES = {
    'index-url': ('UV_DEFAULT_INDEX', ''),
    'extra-index-url': ('UV_INDEX', ' '),
    'find-links': ('UV_FIND_LINKS', ','),
}
# What changes neither what is installed nor where it comes from.
_HARMLESS = frozenset(
    (
        *('break-system-packages', 'compile', 'config-file', 'debug'),
        *('disable-pip-version-check', 'exists-action', 'local-log', 'log'),
        *('log-file', 'no-color', 'no-compile', 'no-input'),
        *('no-python-version-warning', 'no-warn-conflicts'),
        *('no-warn-script-location', 'progress-bar', 'quiet'),
        *('require-venv', 'require-virtualenv', 'root-user-action'),
        'verbose',
    )
)
_TRUE = frozenset(('1', 'on', 't', 'true', 'y', 'yes'))
_LOOPBACK = frozenset(('localhost', '127.0.0.1', '::1'))
# Of uv's own variables only where it may write is left to the user.
_KEPT = frozenset(('UV_CACHE_DIR',))
_PROXIES = frozenset(('http_proxy', 'https_proxy', 'all_proxy', 'ALL_PROXY'))


class NotForUv(Exception):
    """uv cannot be told one of pip's settings."""


@dataclasses.dataclass(frozen=True)
class Told:
    """What uv is started with."""

    environment: dict[str, str]
    options: list[str]


def told(listed: str, inherited: Mapping[str, str]) -> Told:
    """Translate pip's settings.

    :param listed: what ``pip config list`` says
    :param inherited: the environment that pip would get
    :raises NotForUv: it takes pip to follow them
    """
    settings = _of_install(listed)
    environment = {
        'UV_NO_CONFIG': '1',
        'UV_PYTHON_DOWNLOADS': 'never',
        # A link would let what is done to one environment reach all others.
        'UV_LINK_MODE': 'copy',
        # On a machine that is busy or stopped for a while a minute is short.
        'UV_COMPILE_BYTECODE_TIMEOUT': '0',
        # How pip chooses: the best of all indexes, not of the first.
        'UV_INDEX_STRATEGY': 'unsafe-best-match',
    }
    is_offline = _is_true(settings.pop('no-index', ''))
    trusted = settings.pop('trusted-host', '').split()
    if trusted:
        environment['UV_INSECURE_HOST'] = ' '.join(trusted)
    for name, (variable, between) in _INDEXES.items():
        places = settings.pop(name, '').split()
        if places and not (is_offline and name != 'find-links'):
            _require_secure(name, places, trusted)
            environment[variable] = _joined(name, places, between)
    environment |= _network(settings, inherited) | _cache(settings)
    if unknown := sorted(settings.keys() - _HARMLESS):
        raise NotForUv(f"pip's setting {unknown[0]}")
    dropped = _PROXIES if 'HTTPS_PROXY' in environment else frozenset()
    return Told(
        _without(inherited, dropped) | environment,
        ['--no-index'] if is_offline else [],
    )


def _of_install(listed: str) -> dict[str, str]:
    found: dict[str, dict[str, str]] = {scope: {} for scope in _SCOPES}
    for line in listed.splitlines():
        name, _, value = line.partition('=')
        scope, _, key = name.partition('.')
        if scope not in found:
            continue
        try:
            text = str(ast.literal_eval(value))
        except (SyntaxError, ValueError) as err:
            raise NotForUv(f'what pip says of {name}') from err
        if text.strip():  # pip passes over an empty one
            found[scope][key] = text.strip()
    return found['global'] | found['install'] | found[':env:']


def _require_secure(name: str, places: list[str], trusted: list[str]) -> None:
    """See that pip would ask there: uv asks every http:// there is."""
    for place in places:
        url = urllib.parse.urlsplit(place)
        hosts = {url.hostname or '', url.netloc.rpartition('@')[2]}
        if url.scheme == 'http' and not hosts & (_LOOPBACK | set(trusted)):
            raise NotForUv(f'{name} without TLS')


def _joined(name: str, places: list[str], between: str) -> str:
    if len(places) > 1 and not between:
        raise NotForUv(f'more than one {name}')
    if between == ',' and any(between in place for place in places):
        raise NotForUv(f'a comma in {name}')
    return between.join(places)


def _network(
    settings: dict[str, str], inherited: Mapping[str, str]
) -> dict[str, str]:
    """Translate how to get there; takes what it knows out of the settings."""
    found = {}
    # pip's requests looks there too, and Debian's pip in the system's store.
    cert = settings.pop('cert', '')
    cert = cert or inherited.get('REQUESTS_CA_BUNDLE', '')
    cert = cert or inherited.get('CURL_CA_BUNDLE', '')
    if cert:
        is_folder = os.path.isdir(cert)
        found['SSL_CERT_DIR' if is_folder else 'SSL_CERT_FILE'] = cert
    else:
        found['UV_SYSTEM_CERTS'] = 'true'
    if proxy := settings.pop('proxy', ''):
        found |= {'HTTP_PROXY': proxy, 'HTTPS_PROXY': proxy}
    if retries := settings.pop('retries', ''):
        found['UV_HTTP_RETRIES'] = retries
    default = settings.pop('default-timeout', '')
    if seconds := settings.pop('timeout', default):
        found['UV_HTTP_TIMEOUT'] = _whole(seconds)
    return found


def _cache(settings: dict[str, str]) -> dict[str, str]:
    """Translate where downloads are kept, if they are to be kept."""
    folder = settings.pop('cache-dir', '')
    if _is_true(settings.pop('no-cache-dir', '')):
        return {'UV_NO_CACHE': '1'}
    return {'UV_CACHE_DIR': f'{folder}/uv'} if folder else {}


def _whole(seconds: str) -> str:
    try:
        return str(math.ceil(float(seconds)))
    except (OverflowError, ValueError) as err:
        raise NotForUv(f'a timeout of {seconds}') from err


def _is_true(value: str) -> bool:
    return value.lower() in _TRUE


def _without(
    inherited: Mapping[str, str], dropped: frozenset[str]
) -> dict[str, str]:
    return {
        name: value
        for name, value in inherited.items()
        if name in _KEPT
        or not (name in dropped or name.startswith(('UV_', 'SSL_CERT_')))
    }
