"""Layers that were checked on this host, by the digest of their stored bytes.

A manifest names layers by what is stored, the engine by what is in it. Which
belong together only who has unpacked them knows; what a config says of it is
its author's claim, and whoever believed that would hand out a layer of
somebody else's image to anyone who knows its diff ID.
"""

from collections.abc import Collection
from collections.abc import Iterable
import pathlib
import re

from ocikit import digest as oci_digest
from ocikit import layer as oci_layer

_LINE = re.compile(r'v1 (sha256:[0-9a-f]{64}) ([0-9]{1,19}) ([0-9]{1,19})\n')


class KnownLayers:
    """Remembers layers below a folder of its own, a small file for each."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder

    def find(self, layer_digest: str) -> oci_layer.Known | None:
        """Give what is known of a layer; half a file is nothing."""
        path = self._folder / oci_digest.encoded(layer_digest)
        if not path.is_file():
            return None
        found = _LINE.fullmatch(path.read_text(errors='replace'))
        if found is None:
            return None
        return oci_layer.Known(found[1], int(found[2]), int(found[3]))

    def remember(
        self, layers: Iterable[oci_layer.Layer | oci_layer.Known]
    ) -> None:
        """Note the layers that were just checked."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for each in layers:
            if isinstance(each, oci_layer.Layer):
                path = self._folder / oci_digest.encoded(each.layer_digest)
                path.write_text(
                    f'v1 {each.diff_id} {each.unpacked_bytes} {each.members}\n'
                )

    def forget_all_but(self, diff_ids: Collection[str]) -> None:
        """Forget the layers that the engine has no more."""
        for path in self._folder.glob('*'):
            found = self.find(oci_digest.from_hex(path.name))
            if found is None or found.diff_id not in diff_ids:
                path.unlink(missing_ok=True)
