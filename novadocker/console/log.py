"""Pure: what a container wrote, as Nova hands it on."""

from novadocker import constants


def text(log: bytes) -> str:
    """Make a console log of raw bytes.

    Nova encodes what a driver returns as latin-1, so each byte has to be one
    character, whatever the container's own encoding is.
    """
    return log[-constants.MAX_CONSOLE_BYTES :].decode('latin-1')


def last_lines(log: bytes, max_chars: int) -> str:
    """Put the end of a log into one line, for a fault's sentence."""
    words = ' '.join(log.decode('utf-8', 'replace').split())
    return words[-max_chars:] if words else '(none)'
