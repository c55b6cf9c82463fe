"""Pure: the last bytes of a log that may be larger than memory.

:source: Docker Engine API 1.41, ContainerAttach, "Stream format"
"""

from collections import deque
from collections.abc import Iterable
from collections.abc import Iterator
import struct

_HEADER = struct.Struct('>BxxxL')


def last_bytes(chunks: Iterable[bytes], max_bytes: int) -> bytes:
    """Give the end of a stream; that and a chunk is what is held."""
    kept: deque[bytes] = deque()
    size = 0
    for chunk in chunks:
        kept.append(chunk)
        size += len(chunk)
        while kept and size - len(kept[0]) >= max_bytes:
            size -= len(kept.popleft())
    # A slice from -0 would be all of it.
    return b''.join(kept)[-max_bytes:] if max_bytes else b''


def demultiplexed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Take off the headers that tell stdout from stderr.

    A frame at the end that is not whole is given as far as it came.
    """
    held = bytearray()
    left = 0
    for chunk in chunks:
        held += chunk
        while held:
            if left == 0:
                if len(held) < _HEADER.size:
                    break
                left = _HEADER.unpack_from(held)[1]
                del held[: _HEADER.size]
            part = bytes(held[:left])
            del held[:left]
            left -= len(part)
            if part:
                yield part
