"""Judging: a manifest, stored or about to be, and all that it points to."""

from glance_bridge.verdict import blob
from glance_bridge.verdict import image
from glance_bridge.verdict import index
from glance_bridge.verdict import model
from glance_bridge.verdict import reason
from ocikit import digest as oci_digest
from ocikit import document
from ocikit import exception as oci_exception
from ocikit import media_type as oci_media_type
from ocikit import platform as oci_platform


class Judge:
    """Says what manifests are; for any number of threads."""

    def __init__(self, registry: blob.Registry, rules: model.Rules) -> None:
        self._registry = registry
        self._rules = rules

    def judge(
        self, repository: str, content: bytes, media_type: str
    ) -> model.Verdict:
        """Say what a manifest is.

        :param content: need not be stored yet; what it points to must be
        :param media_type: what it is, or will be, served as
        :raises RegistryUnavailable: nobody can say now
        :raises RegistryRefused: what the engine has is damaged
        """
        digest = oci_digest.from_bytes(content)
        try:
            return self._judge(repository, content, media_type, digest)
        except reason.NoImage as err:
            return model.Verdict(model.Kind.ARTIFACT, str(err), digest)
        except reason.Unfit as err:
            return model.Verdict(model.Kind.REFUSED, str(err), digest)

    def _judge(
        self, repository: str, content: bytes, media_type: str, digest: str
    ) -> model.Verdict:
        _check_size(content, self._rules)
        _check_media_type(content, media_type)
        blobs = blob.Blobs(self._registry, repository, self._rules)
        children: tuple[str, ...] = ()
        if media_type in oci_media_type.INDEXES:
            reader = index.Reader(self._registry, repository, self._rules)
            found = reader.read(content, blobs)
            chosen, images = found.chosen, found.images
            children = found.children
        else:
            chosen = image.read(content, blobs, self._rules)
            images = (chosen,)
        return model.Verdict(
            kind=model.Kind.IMAGE,
            reason='',
            manifest_digest=digest,
            config_digest=chosen.config_digest,
            config=chosen.config,
            architecture=_architecture(images),
            size_bytes=chosen.size_bytes,
            min_ram_mb=model.MIN_RAM_MB,
            blobs=blobs.seen,
            children=children,
        )


def _check_size(content: bytes, rules: model.Rules) -> None:
    if len(content) > rules.document_bytes:
        raise reason.Unfit(
            f'the manifest has {len(content)} bytes, at most '
            f'{rules.document_bytes} are read'
        )


def _check_media_type(content: bytes, media_type: str) -> None:
    """Compare what a manifest is sent as with what it calls itself.

    :raises NoImage: it is a manifest of another kind than images have
    :raises Unfit: one could take it for something else
    """
    known = oci_media_type.MANIFESTS | oci_media_type.INDEXES
    if media_type not in known:
        shown = oci_exception.shown(media_type)
        raise reason.NoImage(f'it is a manifest of type {shown}')
    try:
        found = document.read_object(content, 'the manifest')
        inner = document.text(found, 'mediaType', media_type)
    except oci_exception.ArchiveError as err:
        raise reason.Unfit(str(err)) from err
    if inner != media_type:
        raise reason.Unfit(
            f'the manifest is sent as {media_type} and calls itself '
            f'{oci_exception.shown(inner)}'
        )


def _architecture(images: tuple[image.Image, ...]) -> str | None:
    """Give the one architecture of all images in Nova's words."""
    found = {oci_platform.machine_of(each.platform) for each in images}
    return found.pop() if len(found) == 1 else None
