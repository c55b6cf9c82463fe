"""Whether a tag without an image ought to have one."""

from typing import Protocol

from glance_bridge import model
from glance_bridge.registry import client
from glance_bridge.verdict import model as verdict_model


class Registry(Protocol):
    def manifest(self, repository: str, reference: str) -> client.Manifest: ...


class Judge(Protocol):
    def judge(
        self, repository: str, content: bytes, media_type: str
    ) -> verdict_model.Verdict: ...


class Question:
    """Asks the judge about what the registry has."""

    def __init__(self, registry: Registry, judge: Judge) -> None:
        self._registry = registry
        self._judge = judge

    def is_image(self, repository: model.Repository, digest: str) -> bool:
        """Tell whether a manifest would be published."""
        name = str(repository)
        found = self._registry.manifest(name, digest)
        verdict = self._judge.judge(name, found.content, found.media_type)
        return verdict.kind is verdict_model.Kind.IMAGE
