"""Verdicts on indexes."""

import dataclasses

from glance_bridge import exception
from glance_bridge.verdict import model
from ocikit import plan
from tests.fixtures import archives
from tests.fixtures import images
from tests.unit.glance_bridge.verdict import judging

IMAGE = model.Kind.IMAGE


def _both():
    return (
        images.image(archives.layer(1)),
        images.image(archives.layer(2), architecture='arm64'),
    )


class SoundTest(judging.JudgingTestCase):
    def test_several_platforms_are_one_image(self):
        intel, arm = _both()
        for media_type in (images.OCI_INDEX, images.DOCKER_LIST):
            made = images.index(arm, intel, media_type=media_type)
            found = self.judge(made)
            self.assert_is(IMAGE, found)
            self.assertEqual(made.digest, found.manifest_digest)
            self.assertIsNone(found.architecture)
            self.assertEqual((arm.digest, intel.digest), found.children)
            self.assertEqual(next(iter(intel.blobs)), found.config_digest)
            self.assertEqual(plan.size_bytes(intel.content), found.size_bytes)
            self.assertEqual(
                {*intel.blobs, *arm.blobs},
                {each.digest for each in found.blobs},
            )

    def test_an_image_with_its_attestation_is_a_single_one(self):
        _, arm = _both()
        note = images.attestation(arm)
        found = self.judge(images.index(arm, note))
        self.assert_is(IMAGE, found)
        self.assertEqual('aarch64', found.architecture)
        self.assertEqual((arm.digest, note.digest), found.children)
        self.assertEqual({*arm.blobs}, {each.digest for each in found.blobs})

    def test_what_buildx_annotates_is_no_image(self):
        intel, _ = _both()
        note = dataclasses.replace(images.attestation(intel), platform=None)
        annotation = {'vnd.docker.reference.type': 'attestation-manifest'}
        made = images.index(intel, note).changed(
            manifests=[
                intel.descriptor(),
                note.descriptor(annotations=annotation),
            ]
        )
        self.assertEqual('x86_64', self.judge(made).architecture)

    def test_an_image_without_a_platform_in_the_index_is_read(self):
        intel, _ = _both()
        made = images.index(dataclasses.replace(intel, platform=None))
        self.assertEqual('x86_64', self.judge(made).architecture)

    def test_variants_of_one_architecture_are_one(self):
        arm = images.image(architecture='arm')
        other = images.image(archives.layer(2), architecture='arm')
        rules = dataclasses.replace(
            judging.RULES,
            platform=dataclasses.replace(
                judging.RULES.platform, architecture='arm'
            ),
        )
        found = self.judge(images.index(arm, other), rules)
        self.assertEqual('armv7l', found.architecture)

    def test_images_for_other_systems_and_artifacts_are_left_out(self):
        intel, _ = _both()
        made = images.index(intel, images.image(os='windows'), images.chart())
        found = self.judge(made)
        self.assert_is(IMAGE, found)
        self.assertEqual('x86_64', found.architecture)
        self.assertEqual(3, len(found.children))


class ArtifactTest(judging.JudgingTestCase):
    def test_an_index_of_artifacts_is_one(self):
        found = self.judge(images.index(images.chart()))
        self.assert_artifact('helm.config', found)

    def test_an_index_of_nothing_is_an_artifact(self):
        self.assert_artifact('holds no image', self.judge(images.index()))

    def test_attestations_alone_are_an_artifact(self):
        note = images.attestation(images.image())
        self.assert_artifact('holds no image', self.judge(images.index(note)))

    def test_an_index_of_indexes_is_an_artifact(self):
        made = images.index(images.index(images.image()))
        self.assert_artifact('index of indexes', self.judge(made))


class RefusedTest(judging.JudgingTestCase):
    def test_no_image_for_the_hosts_is_refused(self):
        _, arm = _both()
        other = images.image(archives.layer(3), architecture='riscv64')
        found = self.judge(images.index(arm, other))
        self.assert_refused('no image for linux/amd64', found)

    def test_an_artifact_in_the_place_of_an_image_is_refused(self):
        _, arm = _both()
        platform = {'os': 'linux', 'architecture': 'amd64'}
        chart = dataclasses.replace(images.chart(), platform=platform)
        found = self.judge(images.index(chart, arm))
        self.assert_refused('for linux/amd64 is no image', found)

    def test_one_spoilt_image_spoils_the_index(self):
        intel, _ = _both()
        spoilt = images.image(architecture='arm64', size=1)
        found = self.judge(images.index(intel, spoilt))
        self.assert_refused('the manifest says 1', found)

    def test_a_platform_that_lies_is_refused(self):
        intel, arm = _both()
        lying = dataclasses.replace(arm, platform=intel.platform)
        found = self.judge(images.index(lying))
        self.assert_refused("is built for 'linux/arm64'", found)

    def test_a_size_of_a_manifest_that_lies_is_refused(self):
        found = self.judge(images.index(*_both(), size=1))
        self.assert_refused('the index says 1', found)

    def test_a_manifest_that_is_not_there_is_refused(self):
        made = dataclasses.replace(images.index(*_both()), children=())
        found = self.judge(made)
        self.assert_refused('is not in the repository', found)

    def test_a_manifest_in_another_repository_is_not_there(self):
        made = images.index(*_both())
        images.store(self.registry, 'other/web', made)
        found = self.judge(dataclasses.replace(made, children=()))
        self.assert_refused('is not in the repository', found)

    def test_an_index_that_is_a_manifest_as_well_is_refused(self):
        made = images.index(*_both()).changed(layers=[])
        self.assert_refused('at once', self.judge(made))

    def test_more_images_than_are_read_are_refused(self):
        rules = dataclasses.replace(judging.RULES, most_images=1)
        found = self.judge(images.index(*_both()), rules)
        self.assert_refused('at most 1 are read', found)

    def test_documents_that_are_too_large_together_are_refused(self):
        made = images.index(*_both())
        together = sum(
            len(each.content) + len(next(iter(each.blobs.values())))
            for each in made.children
        )
        rules = dataclasses.replace(judging.RULES, documents_bytes=together)
        self.assert_is(IMAGE, self.judge(made, rules))
        rules = dataclasses.replace(rules, documents_bytes=together - 1)
        found = self.judge(made, rules)
        self.assert_refused(f'more than {together - 1} bytes', found)

    def test_more_manifests_than_are_kept_are_refused(self):
        intel, arm = _both()
        made = images.index(intel, images.attestation(intel), intel)
        rules = dataclasses.replace(judging.RULES, most_manifests=2)
        self.assert_is(IMAGE, self.judge(made, rules))
        made = images.index(intel, arm, images.attestation(intel))
        found = self.judge(made, rules)
        self.assert_refused('at most 2 are kept', found)


class AwayTest(judging.JudgingTestCase):
    def test_nothing_is_said_while_the_engine_is_away(self):
        made = images.index(*_both())
        images.store(self.registry, judging.REPOSITORY, made)
        self.registry.failure = exception.RegistryUnavailable('gone')
        bare = dataclasses.replace(made, children=())
        self.assertRaises(exception.RegistryUnavailable, self.judge, bare)
