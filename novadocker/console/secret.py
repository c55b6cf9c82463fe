"""Secrets that open one console, once, for a while.

A secret is what it grants, signed with a key that only this process has:
giving one away costs no memory. Nova asks for one more at each connection, to
compare the port, and forgets it (``validate_console_port``). Only what has
been used is remembered, until it would have expired anyway.
"""

import base64
import binascii
from collections.abc import Callable
import dataclasses
import hashlib
import hmac
import secrets
import struct
import threading
import time

from novadocker import model

_KEY_BYTES = 32
_NONCE_BYTES = 16
_MAC_BYTES = hashlib.sha256().digest_size
# What expires when (milliseconds), the nonce, the container, its kind.
_LAYOUT = struct.Struct(f'>Q{_NONCE_BYTES}s32sB')
_KINDS = tuple(model.Console)

# Of all that are given: what is longer need not even be looked at.
CHARS = -(-(_LAYOUT.size + _MAC_BYTES) * 4 // 3)


@dataclasses.dataclass(frozen=True)
class Grant:
    """What a secret opens."""

    container_id: str
    console: model.Console


class Secrets:
    """Gives secrets away and takes each of them once.

    :param ttl_s: how long one is good for
    """

    def __init__(
        self, ttl_s: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ttl_s = ttl_s
        self._clock = clock
        self._key = secrets.token_bytes(_KEY_BYTES)
        self._lock = threading.Lock()
        # Nonce to when it expires, in the order of their use.
        self._used: dict[bytes, int] = {}

    def give(self, grant: Grant) -> str:
        """Make a secret, of CHARS characters that a URL may have."""
        payload = _LAYOUT.pack(
            self._now_ms() + int(self._ttl_s * 1000),
            secrets.token_bytes(_NONCE_BYTES),
            bytes.fromhex(grant.container_id),
            _KINDS.index(grant.console),
        )
        signed = payload + self._mac(payload)
        return base64.urlsafe_b64encode(signed).decode().rstrip('=')

    def take(self, text: bytes) -> Grant | None:
        """Use a secret up; ``None`` if it is wrong, used or expired."""
        signed = _decoded(text)
        payload, mac = signed[: _LAYOUT.size], signed[_LAYOUT.size :]
        if not hmac.compare_digest(mac, self._mac(payload)):
            return None
        expires_ms, nonce, container_id, kind = _LAYOUT.unpack(payload)
        with self._lock:
            if not self._use(nonce, expires_ms):
                return None
        return Grant(container_id.hex(), _KINDS[kind])

    def _use(self, nonce: bytes, expires_ms: int) -> bool:
        now_ms = self._now_ms()
        self._used = {
            each: until for each, until in self._used.items() if until > now_ms
        }
        if expires_ms <= now_ms or nonce in self._used:
            return False
        self._used[nonce] = expires_ms
        return True

    def _mac(self, payload: bytes) -> bytes:
        return hmac.digest(self._key, payload, 'sha256')

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _decoded(text: bytes) -> bytes:
    if len(text) != CHARS:
        return b''
    try:
        return base64.b64decode(
            text + b'=' * (-CHARS % 4), altchars=b'-_', validate=True
        )
    except binascii.Error:
        return b''
