"""Pushes of all kinds, by hand: no daemon builds what these tests send."""

import concurrent.futures
import hashlib
import json
import os

import requests

from tests.fixtures import archives
from tests.fixtures import images
from tests.integration import registry

URL = f'http://{registry.ADDRESS}'
PIN = 'g-0fb5cb4e-3b1c-5c8a-8f0e-0123456789ab'
_ACCEPT = ', '.join(
    (
        *(images.OCI_INDEX, images.DOCKER_LIST),
        *(images.OCI_MANIFEST, images.DOCKER_MANIFEST),
    )
)


class Hand:
    """A client of the registry that sends what it is told to."""

    def __init__(self, repository: str, login: tuple[str, str]) -> None:
        self.repository = repository
        self._login = login

    def bearer(self, actions: str) -> dict[str, str]:
        """Get a token as docker does."""
        answer = requests.get(
            f'{URL}/token',
            params={
                'service': 'glance-bridge',
                'scope': f'repository:{self.repository}:{actions}',
            },
            auth=self._login,
            timeout=60,
        )
        answer.raise_for_status()
        return {'Authorization': f'Bearer {answer.json()["token"]}'}

    def store(self, made: images.Made) -> None:
        """Store what a manifest points to."""
        headers = self.bearer('pull,push')
        for child in made.children:
            self.push(child, child.digest).raise_for_status()
        for digest, content in made.blobs.items():
            begun = requests.post(
                f'{URL}/v2/{self.repository}/blobs/uploads/',
                headers=headers,
                timeout=60,
            )
            begun.raise_for_status()
            place = requests.compat.urljoin(URL, begun.headers['Location'])
            mark = '&' if '?' in place else '?'
            requests.put(
                f'{place}{mark}digest={digest}',
                data=content,
                headers=headers,
                timeout=60,
            ).raise_for_status()

    def push(self, made: images.Made, reference: str) -> requests.Response:
        """Push a manifest and all it points to; give what is answered."""
        self.store(made)
        return self.put(made, reference)

    def put(self, made: images.Made, reference: str) -> requests.Response:
        headers = {
            **self.bearer('pull,push'),
            'Content-Type': made.media_type,
        }
        return self._send('PUT', reference, headers, made.content)

    def delete(self, reference: str) -> requests.Response:
        return self._send('DELETE', reference, self.bearer('delete'))

    def digest_of(self, reference: str) -> str | None:
        """Say what a tag points to."""
        headers = {**self.bearer('pull'), 'Accept': _ACCEPT}
        answer = self._send('HEAD', reference, headers)
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        return answer.headers['Docker-Content-Digest']

    def _send(
        self,
        method: str,
        reference: str,
        headers: dict[str, str],
        content: bytes | None = None,
    ) -> requests.Response:
        return requests.request(
            method,
            f'{URL}/v2/{self.repository}/manifests/{reference}',
            headers=headers,
            data=content,
            timeout=120,
        )


class PushTestCase(registry.RegistryTestCase):
    def setUp(self):
        super().setUp()
        repository = f'{registry.PROJECT}/{self.name}'
        login = (registry.PROJECT, registry.password())
        self.hand = Hand(repository, login)
        self.addCleanup(self.forget)
        self.salt = os.urandom(8)

    def become_manager(self):
        """Log in as a user of the test's own, who may delete."""
        identity = self.admin.identity
        secret = f'{self.name}-Secret-1'
        user = identity.create_user(
            name=self.name, password=secret, domain_id='default'
        )
        self.addCleanup(identity.delete_user, user)
        project = identity.find_project(registry.PROJECT)
        for name in ('member', 'manager'):
            identity.assign_project_role_to_user(
                project, user, identity.find_role(name)
            )
        self.hand = Hand(self.hand.repository, (self.name, secret))

    def made(self, number=0, **more):
        """Make an image that no other test has."""
        content = hashlib.sha256(self.salt + bytes([number])).digest()
        return images.image(archives.files({'file': content}), **more)

    def must_push(self, made, reference='latest'):
        answer = self.hand.push(made, reference)
        self.assertEqual(201, answer.status_code, answer.text)
        return made

    def check_image(self, made, tag='latest'):
        """Check that a tag is one active image with this manifest."""
        (image,) = self.images(tag)
        self.assertEqual('active', image.status)
        self.assertEqual(
            made.digest, image.properties['docker_manifest_digest']
        )
        return image

    def check_refused(self, answer, part, status=400):
        self.assertEqual(status, answer.status_code, answer.text)
        (error,) = answer.json()['errors']
        self.assertIn(part, error['message'])
        self.assertEqual([], self.images())


class LifeTest(PushTestCase):
    def test_the_same_again_is_the_same_image(self):
        made = self.must_push(self.made())
        first = self.check_image(made)
        self.must_push(made)
        self.assertEqual(first.id, self.check_image(made).id)

    def test_a_second_tag_is_a_second_image(self):
        made = self.must_push(self.made())
        self.must_push(made, '2')
        ids = {self.check_image(made, tag).id for tag in ('latest', '2')}
        self.assertEqual(2, len(ids))

    def test_a_moved_tag_and_a_rollback(self):
        one, two = self.made(1), self.made(2)
        first = self.check_image(self.must_push(one))
        self.must_push(two)
        self.assertNotEqual(first.id, self.check_image(two).id)
        old = self.admin.image.get_image(first.id)
        self.assertTrue(old.is_hidden)
        self.assertEqual('active', old.status)
        self.must_push(one)
        self.assertEqual(first.id, self.check_image(one).id)

    def test_a_deleted_tag_hides_its_image_and_keeps_the_data(self):
        self.become_manager()
        made = self.must_push(self.made())
        self.must_push(made, 'other')
        image = self.check_image(made)
        answer = self.hand.delete('latest')
        self.assertEqual(202, answer.status_code, answer.text)
        self.assertEqual([], self.images())
        self.assertIsNone(self.hand.digest_of('latest'))
        self.check_image(made, 'other')
        self.assertEqual('active', self.admin.image.get_image(image.id).status)

    def test_a_deleted_digest_takes_the_tags_and_leaves_the_data(self):
        self.become_manager()
        made = self.must_push(self.made())
        self.must_push(made, 'other')
        answer = self.hand.delete(made.digest)
        self.assertEqual(202, answer.status_code, answer.text)
        for tag in ('latest', 'other'):
            self.assertEqual([], self.images(tag))
            self.assertIsNone(self.hand.digest_of(tag))
        self.assertEqual(made.digest, self.hand.digest_of(made.digest))

    def test_pushes_at_once_to_one_tag_leave_one_image(self):
        made = [self.made(number) for number in range(8)]
        for each in made:
            self.hand.store(each)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(
                pool.map(lambda each: self.hand.put(each, 'latest'), made)
            )
        codes = {each.status_code for each in answers}
        self.assertEqual({201}, codes, [each.text for each in answers])
        now = self.hand.digest_of('latest')
        (last,) = [each for each in made if each.digest == now]
        self.check_image(last)


class KindTest(PushTestCase):
    def test_several_platforms_are_one_image(self):
        made = images.index(self.made(1), self.made(2, architecture='arm64'))
        self.must_push(made)
        self.assertIsNone(self._architecture(made))

    def test_an_attestation_is_no_second_platform(self):
        single = self.made(media_type=images.OCI_MANIFEST)
        made = images.index(single, images.attestation(single))
        self.must_push(made)
        self.assertEqual('x86_64', self._architecture(made))

    def _architecture(self, made):
        image = self.check_image(made)
        found = self.admin.image.get(f'/images/{image.id}').json()
        return found.get('hw_architecture')

    def test_artifacts_are_stored_and_no_images(self):
        for tag, made in (
            ('chart', images.chart()),
            ('sha256-0.sig', images.signature()),
        ):
            self.must_push(made, tag)
            self.assertEqual(made.digest, self.hand.digest_of(tag))
            self.assertEqual([], self.images(tag))

    def test_foreign_layers_are_refused(self):
        made = self.made(mediaType=images.FOREIGN, urls=[f'{URL}/layer'])
        answer = self.hand.push(made, 'latest')
        self.check_refused(answer, 'kept somewhere else')

    def test_zstd_is_refused_whatever_it_is_called(self):
        for kind in ('+zstd', '+gzip'):
            made = images.image(
                media_type=images.OCI_MANIFEST,
                stored=[images.ZSTD_START],
                mediaType=archives.LAYER + kind,
            )
            answer = self.hand.push(made, 'latest')
            self.check_refused(answer, 'compressed with zstd')

    def test_sizes_that_lie_are_refused(self):
        answer = self.hand.push(self.made(size=10**9), 'latest')
        self.check_refused(answer, 'the manifest says 1000000000')
        self.assertIsNone(self.hand.digest_of('latest'))

    def test_pins_are_not_for_tenants(self):
        answer = self.hand.push(self.made(), PIN)
        self.check_refused(answer, 'keep the data of images', 403)

    def test_a_document_with_a_field_twice_is_refused(self):
        made = self.made()
        self.hand.store(made)
        twice = made.content[:-1] + b', "layers": []}'
        self.assertEqual([], json.loads(twice)['layers'])
        spoilt = images.Made(twice, made.media_type, {})
        self.check_refused(self.hand.put(spoilt, 'latest'), 'no valid JSON')
