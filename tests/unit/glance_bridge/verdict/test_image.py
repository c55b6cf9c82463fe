"""Verdicts on manifests of one platform."""

import dataclasses

from glance_bridge.verdict import model
from ocikit import plan
from tests.fixtures import archives
from tests.fixtures import images
from tests.unit.glance_bridge.verdict import judging

IMAGE = model.Kind.IMAGE


class SoundTest(judging.JudgingTestCase):
    def test_an_image_is_described(self):
        for media_type in (images.OCI_MANIFEST, images.DOCKER_MANIFEST):
            made = images.image(
                archives.layer(1), archives.layer(2), media_type=media_type
            )
            found = self.judge(made)
            self.assert_is(IMAGE, found)
            config_digest = next(iter(made.blobs))
            self.assertEqual(made.digest, found.manifest_digest)
            self.assertEqual(config_digest, found.config_digest)
            self.assertEqual(made.blobs[config_digest], found.config)
            self.assertEqual('x86_64', found.architecture)
            self.assertEqual(plan.size_bytes(made.content), found.size_bytes)
            self.assertEqual(6, found.min_ram_mb)
            self.assertEqual(
                {*made.blobs}, {each.digest for each in found.blobs}
            )
            self.assertEqual((), found.children)

    def test_a_manifest_of_oci_need_not_say_what_it_is(self):
        made = images.image(media_type=images.OCI_MANIFEST)
        content = made.content.replace(
            f'"mediaType": "{images.OCI_MANIFEST}", '.encode(), b''
        )
        self.assert_is(IMAGE, self.judge(made, content=content))

    def test_a_layer_that_stands_twice_counts_once(self):
        layer = archives.layer()
        found = self.judge(images.image(layer, layer))
        self.assert_is(IMAGE, found)
        self.assertEqual(2, len(found.blobs))

    def test_an_uncompressed_layer_is_taken(self):
        layer = archives.layer()
        found = self.judge(images.image(layer, stored=[layer]))
        self.assert_is(IMAGE, found)

    def test_an_image_for_another_machine_is_an_image(self):
        found = self.judge(images.image(architecture='arm64'))
        self.assertEqual('aarch64', found.architecture)


class ArtifactTest(judging.JudgingTestCase):
    def test_a_chart_is_an_artifact(self):
        self.assert_artifact('helm.config', self.judge(images.chart()))

    def test_a_signature_is_an_artifact_though_its_config_is_an_image_s(self):
        self.assert_artifact('simplesigning', self.judge(images.signature()))

    def test_an_image_that_calls_itself_an_artifact_is_one(self):
        made = images.image().changed(artifactType='a/b')
        self.assert_artifact("type 'a/b'", self.judge(made))

    def test_a_manifest_of_another_kind_is_an_artifact(self):
        for media_type in ('', 'text/html', 'application/vnd.docker.v1'):
            found = self.judge(images.image(), media_type=media_type)
            self.assert_artifact('is a manifest of type', found)

    def test_an_image_for_another_system_is_none_of_ours(self):
        found = self.judge(images.image(os='windows'))
        self.assert_artifact("built for 'windows/amd64'", found)


class RefusedTest(judging.JudgingTestCase):
    def test_layers_of_elsewhere_are_refused(self):
        for changes in (
            {'mediaType': images.FOREIGN},
            {'urls': ['http://169.254.169.254/layer']},
        ):
            found = self.judge(images.image(**changes))
            self.assert_refused('kept somewhere else', found)

    def test_a_config_of_elsewhere_is_refused(self):
        made = images.image()
        content = made.content.replace(
            b'"config": {', b'"config": {"urls": ["http://x/"], '
        )
        found = self.judge(made, content=content)
        self.assert_refused('kept somewhere else', found)

    def test_zstd_is_refused_by_its_content(self):
        for media_type in (
            archives.LAYER + '+zstd',
            archives.LAYER + '+gzip',
            images.DOCKER + 'image.rootfs.diff.tar.zstd',
        ):
            made = images.image(
                media_type=images.OCI_MANIFEST,
                stored=[images.ZSTD_START],
                mediaType=media_type,
            )
            found = self.judge(made)
            self.assert_refused('compressed with zstd', found)
            self.assert_refused('compression=gzip', found)

    def test_zstd_is_taken_where_the_operator_says_so(self):
        made = images.image(
            media_type=images.OCI_MANIFEST,
            stored=[images.ZSTD_START],
            mediaType=archives.LAYER + '+zstd',
        )
        rules = dataclasses.replace(judging.RULES, accepts_zstd=True)
        self.assert_is(IMAGE, self.judge(made, rules))

    def test_other_compressions_are_refused_whatever_the_operator_says(self):
        rules = dataclasses.replace(judging.RULES, accepts_zstd=True)
        found = self.judge(images.image(stored=[b'BZh91AY']), rules)
        self.assert_refused('compressed with bzip2', found)

    def test_sizes_that_lie_are_refused(self):
        for change in (100_000, -1):
            made = images.image()
            *_, layer = made.blobs.values()
            size = len(layer) + change
            lying = images.image(size=size)
            found = self.judge(lying)
            self.assert_refused(f'the manifest says {size}', found)

    def test_a_size_of_the_config_that_lies_is_refused(self):
        made = images.image()
        config = next(iter(made.blobs.values()))
        size = f'"size": {len(config)}'.encode()
        content = made.content.replace(size, b'"size": 1', 1)
        found = self.judge(made, content=content)
        self.assert_refused('the manifest says 1', found)

    def test_two_sizes_of_one_layer_are_refused(self):
        layer = archives.layer()
        made = images.image(layer, layer)
        entry = b'"size": ' + str(len([*made.blobs.values()][1])).encode()
        head, _, tail = made.content.rpartition(entry)
        found = self.judge(made, content=head + b'"size": 7' + tail)
        self.assert_refused('two sizes', found)

    def test_a_blob_that_is_not_there_is_refused(self):
        made = images.image()
        empty = dataclasses.replace(made, blobs={})
        self.assert_refused('is not in the repository', self.judge(empty))

    def test_an_image_without_layers_is_refused(self):
        found = self.judge(images.image().changed(layers=[]))
        self.assert_refused('has no layers', found)

    def test_more_layers_than_an_engine_mounts_are_refused(self):
        layer = archives.layer()
        self.assert_is(IMAGE, self.judge(images.image(*(127 * [layer]))))
        found = self.judge(images.image(*(128 * [layer])))
        self.assert_refused('has 128 layers', found)

    def test_more_blobs_than_are_looked_at_are_refused(self):
        rules = dataclasses.replace(judging.RULES, most_blobs=2)
        self.assert_is(IMAGE, self.judge(images.image(), rules))
        layers = (archives.layer(1), archives.layer(2))
        found = self.judge(images.image(*layers), rules)
        self.assert_refused('more than 2 blobs', found)

    def test_a_config_of_other_layers_is_refused(self):
        layers = archives.layer(1), archives.layer(2)
        made = images.image(*layers, stored=[layers[0]])
        found = self.judge(made)
        self.assert_refused('has 1 layers, its config lists 2', found)

    def test_a_config_that_is_none_is_refused(self):
        for changes in (
            {'rootfs': {'type': 'other', 'diff_ids': []}},
            {'rootfs': {'type': 'layers', 'diff_ids': ['sha256:../x']}},
            {'os': 7},
            {'architecture': None},
        ):
            found = self.judge(images.image(config=changes))
            self.assertEqual(model.Kind.REFUSED, found.kind, changes)

    def test_a_config_that_is_too_large_is_not_read(self):
        made = images.image(config={'history': 'x' * 2000})
        rules = dataclasses.replace(judging.RULES, document_bytes=2000)
        self.assert_refused('at most 2000 are read', self.judge(made, rules))

    def test_a_manifest_that_is_too_large_is_not_read(self):
        found = self.judge(images.image(), content=b' ' * (4 * 2**20 + 1))
        self.assert_refused('at most 4194304 are read', found)

    def test_a_manifest_that_is_sent_as_another_is_refused(self):
        found = self.judge(images.image(), media_type=images.OCI_MANIFEST)
        self.assert_refused('calls itself', found)

    def test_a_manifest_that_is_an_index_as_well_is_refused(self):
        made = images.image().changed(manifests=[])
        self.assert_refused('at once', self.judge(made))
