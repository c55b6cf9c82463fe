"""The properties of a published image.

Its owner may change all of them afterwards: they tell Nova where it can run
and people where it came from, and prove nothing.
"""

from collections.abc import Mapping

from glance_bridge import model
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.verdict import model as verdict_model

# Both are needed: the property keeps an image off other hosts, the trait
# gets it onto hosts that take nothing but what asks for it.
_PLACEMENT = {
    'img_hv_type': 'docker',
    'trait:CUSTOM_NOVA_DOCKER': 'required',
}


def properties_of(
    repository: model.Repository, tag: str, verdict: verdict_model.Verdict
) -> Mapping[str, str]:
    """Say what Glance is told of an image beside its name and owner."""
    found = {
        **_PLACEMENT,
        catalogue_image.REPOSITORY: str(repository),
        catalogue_image.TAG: tag,
        catalogue_image.MANIFEST_DIGEST: verdict.manifest_digest,
    }
    if verdict.config_digest:
        found[catalogue_image.CONFIG_DIGEST] = verdict.config_digest
    if verdict.architecture:
        found['hw_architecture'] = verdict.architecture
    return found
