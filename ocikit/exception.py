"""What can be wrong with a name, a digest or an archive.

The sentences are written for whoever made the image::

    OciError
    +-- InvalidDigest
    +-- InvalidReference
    +-- ArchiveError
        +-- ArchiveMalformed    it is not what its format says
        +-- ArchiveMismatch     content differs from its digest or size
        +-- ArchiveTooLarge     it is beyond a limit
        +-- ArchiveUnsupported  it is sound, but not one image to load
            +-- OtherPlatform   it is built for another machine
"""

_SHOWN_CHARACTERS = 60


def shown(text: str) -> str:
    """Quote text that a stranger wrote, so that a log line can hold it."""
    quoted = ascii(text[: _SHOWN_CHARACTERS + 1])
    return quoted if len(text) <= _SHOWN_CHARACTERS else quoted[:-2] + "...'"


class OciError(Exception):
    """The root of this package's errors."""


class InvalidDigest(OciError):
    def __init__(self, value: str) -> None:
        super().__init__(
            f'{shown(value)} is no digest; expected is sha256: and 64 '
            f'hexadecimal digits'
        )


class InvalidReference(OciError):
    def __init__(self, value: str) -> None:
        super().__init__(f'{shown(value)} is no reference to an image')


class ArchiveError(OciError):
    """An archive is refused; ``str()`` is the sentence that says why."""


class ArchiveMalformed(ArchiveError):
    pass


class ArchiveMismatch(ArchiveError):
    pass


class ArchiveTooLarge(ArchiveError):
    pass


class ArchiveUnsupported(ArchiveError):
    pass


class OtherPlatform(ArchiveUnsupported):
    def __init__(self, built_for: str, wanted: str) -> None:
        self.built_for = shown(built_for)
        self.wanted = wanted
        super().__init__(
            f'the image is built for {self.built_for}, not for {wanted}'
        )
