"""docker push through the manifest front to a real engine of registries.

Glance and Keystone are fakes; the tokens, the engine and docker are real.
"""

import concurrent.futures
import http.client

import requests
import testtools

from glance_bridge import exception
from glance_bridge import model
from glance_bridge import rooms
from glance_bridge.catalogue import wait
from glance_bridge.registry import client
from glance_bridge.token import scope
from glance_bridge.wsgi import application
from tests.fixtures import archives
from tests.fixtures import dockerd
from tests.fixtures import fake_catalogue
from tests.fixtures import gateway
from tests.fixtures import images
from tests.fixtures import registry
from tests.fixtures import rootfs
from tests.unit.glance_bridge import options

PROJECT = 32 * 'a'
OTHER_PROJECT = 32 * 'b'
# Who is what in which namespace.
RIGHTS = {
    ('alice', 'demo'): {'pull', 'push', 'delete'},
    ('bob', 'other'): {'pull', 'push', 'delete'},
}
PIN = 'g-0fb5cb4e-3b1c-5c8a-8f0e-0123456789ab'
LOGIN = {'username': 'alice', 'password': 'secret'}


class BridgeTestCase(testtools.TestCase):
    """The bridge and an engine behind one address, for a class of tests."""

    settings = {}

    def setUp(self):
        super().setUp()
        self.gateway = self.useFixture(gateway.Gateway())
        self.rooms = rooms.Rooms(self._options())
        self.rooms.database.sync()
        for name, project_id in (('demo', PROJECT), ('other', OTHER_PROJECT)):
            self.rooms.database.add_binding(
                model.Binding(name, project_id, 'default')
            )
        self.catalogue = fake_catalogue.FakeCatalogue()
        self.rooms.made['catalogue'] = self.catalogue
        self.rooms.made['waiter'] = wait.Waiter(
            self.catalogue, active_timeout_s=60, hash_timeout_s=60
        )
        self.gateway.application = application.Application(self.rooms)
        self.gateway.token = self.token
        self.engine = self.useFixture(registry.Registry(self._engine()))
        self.gateway.engine = self.engine.address
        self.rooms.conf.set_override('url', self.engine.url, group='registry')
        self.registry = self.rooms.registry

    def _options(self):
        conf = options.whole(self)
        realm = f'{self.gateway.url}/token'
        for group, values in {
            'token': {'realm': realm, 'trusted_proxies': []},
            **self.settings,
        }.items():
            for name, value in values.items():
                conf.set_override(name, value, group=group)
        return conf

    def _engine(self):
        token = self.rooms.conf.token
        return {
            'auth': {
                'token': {
                    'realm': token.realm,
                    'service': token.service,
                    'issuer': token.issuer,
                    'rootcertbundle': token.certificate_file,
                }
            },
            'http': {'relativeurls': True},
        }

    def token(self, user, scopes):
        """Give a user what RIGHTS says, as the token server would."""
        given = []
        for each in scope.parse(scopes):
            right = RIGHTS.get((user, each.name.partition('/')[0]), set())
            actions = [one for one in each.actions if one in right]
            given.append(f'repository:{each.name}:{",".join(actions)}')
        parsed = scope.parse([one for one in given if not one.endswith(':')])
        bindings = self.rooms.namespaces.listed()
        return self.rooms.issuer.issue(
            *(user, parsed, 300),
            user_name=user,
            projects={each.namespace: each.project_id for each in bindings},
        ).text

    def bearer(self, name, user='alice', actions='pull,push,delete'):
        text = self.token(user, [f'repository:{name}:{actions}'])
        return {'Authorization': f'Bearer {text}'}

    def send(self, method, name, reference, made=None, **changes):
        """Send a manifest by hand; what it points to is stored before."""
        headers = changes.pop('headers', None) or self.bearer(name)
        if made is not None:
            images.store(self.registry, name, made)
            headers = {'Content-Type': made.media_type, **headers}
        return requests.request(
            method,
            f'{self.gateway.url}/v2/{name}/manifests/{reference}',
            data=None if made is None else made.content,
            headers=headers,
            timeout=60,
        )

    def visible(self):
        """List the images that a user sees: name, status, digest."""
        return [
            (each.name, each.status, each.properties['docker_manifest_digest'])
            for each in self.catalogue.listed()
        ]

    def message(self, answer):
        (error,) = answer.json()['errors']
        return error['message']


@registry.needs_registry
class ManifestTest(BridgeTestCase):
    def test_a_push_is_an_image_when_it_is_answered(self):
        made = images.image()
        answer = self.send('PUT', 'demo/web', 'latest', made)
        self.assertEqual(201, answer.status_code, answer.text)
        self.assertEqual(made.digest, answer.headers['Docker-Content-Digest'])
        self.assertEqual(
            [('web:latest', 'active', made.digest)], self.visible()
        )

    def test_a_moved_tag_has_one_visible_image(self):
        first, second = images.image(), images.image(archives.layer(2))
        for made in (first, second, first):
            self.send('PUT', 'demo/web', 'latest', made)
            self.assertEqual(
                [('web:latest', 'active', made.digest)], self.visible()
            )

    def test_an_index_with_its_attestation_is_one_image(self):
        image = images.image(media_type=images.OCI_MANIFEST)
        made = images.index(image, images.attestation(image))
        answer = self.send('PUT', 'demo/web', 'latest', made)
        self.assertEqual(201, answer.status_code, answer.text)
        self.assertEqual(
            [('web:latest', 'active', made.digest)], self.visible()
        )
        pins = [
            tag for tag in self.registry.tags('demo/web') if tag != 'latest'
        ]
        self.assertEqual(3, len(pins))

    def test_what_is_no_image_is_stored_and_no_more(self):
        for number, made in enumerate((images.chart(), images.signature())):
            answer = self.send('PUT', 'demo/web', f't{number}', made)
            self.assertEqual(201, answer.status_code, answer.text)
        self.assertEqual([], self.visible())

    def test_a_deleted_tag_takes_its_image_from_sight(self):
        made = images.image()
        for tag in ('one', 'two'):
            self.send('PUT', 'demo/web', tag, made)
        answer = self.send('DELETE', 'demo/web', 'one')
        self.assertEqual(202, answer.status_code, answer.text)
        self.assertEqual([('web:two', 'active', made.digest)], self.visible())
        answer = self.send('DELETE', 'demo/web', made.digest)
        self.assertEqual(202, answer.status_code, answer.text)
        self.assertEqual([], self.visible())
        # The data of both images, hidden as they are, is still there.
        self.assertIsNotNone(self.registry.digest_of('demo/web', made.digest))

    def test_many_pushes_to_one_tag_leave_the_last_one(self):
        made = [images.image(archives.layer(number)) for number in range(12)]
        for each in made:
            images.store(self.registry, 'demo/web', each)
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = [
                *pool.map(
                    lambda each: self.send('PUT', 'demo/web', 'latest', each),
                    made,
                )
            ]
        self.assertEqual({201}, {each.status_code for each in answers})
        now = self.registry.digest_of('demo/web', 'latest')
        self.assertEqual([('web:latest', 'active', now)], self.visible())

    def test_a_push_while_glance_is_away_is_healed_by_another(self):
        made = images.image()
        self.catalogue.error = exception.CatalogueUnavailable('away')
        answer = self.send('PUT', 'demo/web', 'latest', made)
        self.assertEqual(503, answer.status_code)
        self.assertIn('Push it again', self.message(answer))
        self.catalogue.error = None
        self.assertEqual([], self.visible())
        self.assertEqual(
            201, self.send('PUT', 'demo/web', 'latest', made).status_code
        )
        self.assertEqual(1, len(self.visible()))

    def test_an_engine_that_is_away_fails_the_push(self):
        made = images.image()
        images.store(self.registry, 'demo/web', made)
        self.engine.kill()
        bare = images.Made(made.content, made.media_type, {})
        answer = self.send('PUT', 'demo/web', 'latest', bare)
        self.assertEqual(503, answer.status_code)
        self.assertIn('Retry-After', answer.headers)
        self.assertEqual([], self.visible())


@registry.needs_registry
class AttackTest(BridgeTestCase):
    def test_who_has_no_token_is_sent_for_one(self):
        url = f'{self.gateway.url}/v2/demo/web/manifests/latest'
        ours = requests.put(url, data=b'{}', timeout=60)
        theirs = requests.get(f'{self.engine.url}/v2/', timeout=60)
        for answer in (ours, theirs):
            self.assertEqual(401, answer.status_code)
            told = answer.headers['WWW-Authenticate']
            start = f'Bearer realm="{self.gateway.url}/token",'
            self.assertEqual(start, told[: len(start)])
            self.assertIn('service="glance-bridge"', told)

    def test_a_repository_of_others_is_out_of_reach(self):
        images.push(self.registry, 'other/web', images.image(), 'latest')
        for method in ('GET', 'HEAD', 'PUT', 'DELETE'):
            answer = self.send(
                method,
                'other/web',
                'latest',
                images.image() if method == 'PUT' else None,
                headers=self.bearer('demo/web'),
            )
            self.assertEqual(401, answer.status_code, method)
        self.assertEqual([], self.visible())

    def test_a_name_that_was_released_is_out_of_reach(self):
        first, second = images.image(), images.image(archives.layer(2))
        before = self.bearer('demo/web')
        self.send('PUT', 'demo/web', 'latest', first, headers=before)
        self.rooms.namespaces.release('demo')
        self.rooms.database.add_binding(
            model.Binding('demo', OTHER_PROJECT, 'default')
        )
        for method, made in (('PUT', second), ('DELETE', None)):
            for reference in ('latest', first.digest):
                answer = self.send(
                    *(method, 'demo/web', reference, made), headers=before
                )
                self.assertEqual(401, answer.status_code)
                self.assertIn('not of the project', self.message(answer))
        self.assertEqual(
            first.digest, self.registry.digest_of('demo/web', 'latest')
        )
        answer = self.send('PUT', 'demo/web', 'latest', second)
        self.assertEqual(201, answer.status_code, answer.text)

    def test_pins_are_out_of_reach(self):
        for method in ('PUT', 'DELETE'):
            answer = self.send(method, 'demo/web', PIN, images.image())
            self.assertEqual(403, answer.status_code)
            self.assertIn('keep the data of images', self.message(answer))
        self.assertEqual([], self.registry.tags('demo/web'))

    def test_sizes_that_lie_are_refused(self):
        made = images.image(size=10**9)
        answer = self.send('PUT', 'demo/web', 'latest', made)
        self.assertEqual(400, answer.status_code)
        self.assertIn('the manifest says 1000000000', self.message(answer))
        self.assertEqual([], self.registry.tags('demo/web'))

    def test_a_host_of_the_client_s_choice_is_not_believed(self):
        made = images.image()
        headers = {**self.bearer('demo/web'), 'Host': '169.254.169.254'}
        answer = self.send('PUT', 'demo/web', 'latest', made, headers=headers)
        self.assertEqual(201, answer.status_code, answer.text)
        self.assertNotIn('169.254', self.engine.log())
        self.assertNotIn('169.254', str(answer.headers))

    def test_a_manifest_that_is_too_large_is_refused(self):
        made = images.Made(
            b' ' * (client.MANIFEST_BYTES + 1), images.OCI_MANIFEST, {}
        )
        answer = self.send('PUT', 'demo/web', 'latest', made)
        self.assertEqual(413, answer.status_code)

    def test_a_chunked_manifest_is_taken(self):
        made = images.image()
        images.store(self.registry, 'demo/web', made)
        link = http.client.HTTPConnection(self.gateway.address, timeout=60)
        self.addCleanup(link.close)
        link.request(
            'PUT',
            '/v2/demo/web/manifests/latest',
            iter([made.content[:100], made.content[100:]]),
            {'Content-Type': made.media_type, **self.bearer('demo/web')},
            encode_chunked=True,
        )
        self.assertEqual(201, link.getresponse().status)
        self.assertEqual(1, len(self.visible()))

    def test_a_path_that_climbs_is_no_repository(self):
        link = http.client.HTTPConnection(self.gateway.address, timeout=60)
        self.addCleanup(link.close)
        for path in (
            '/v2/demo/../other/web/manifests/latest',
            '/v2/demo/web/manifests/..%2f..%2fother',
            '/v2/demo/web%00/manifests/latest',
        ):
            link.request('GET', path, headers=self.bearer('demo/web'))
            answer = link.getresponse()
            answer.read()
            self.assertIn(answer.status, (400, 404), path)


@registry.needs_registry
@dockerd.needs_dockerd
class DockerTest(BridgeTestCase):
    settings = {
        'front': {'immutable_tags': ['demo/*:v*']},
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dockerd = dockerd.for_class(cls)

    def _push(self, name, tag, word='a', login=LOGIN):
        """Build an image of our own and push it; give what docker says."""
        docker_client = self.dockerd.client
        reference = f'{self.gateway.address}/{name}'
        content = rootfs.archive(
            f'{reference}:{tag}', config={'Env': [f'WORD={word}']}
        )
        for _ in docker_client.load_image(content):
            pass
        lines = docker_client.push(
            reference, tag, stream=True, decode=True, auth_config=login
        )
        said = [*lines]
        errors = [line['error'] for line in said if 'error' in line]
        return errors, rootfs.config_digest(content)

    def test_a_push_is_an_image_and_can_be_pulled(self):
        errors, image_id = self._push('demo/memcached', 'latest')
        self.assertEqual([], errors)
        ((name, status, _),) = self.visible()
        self.assertEqual(('memcached:latest', 'active'), (name, status))
        (found,) = self.catalogue.listed()
        self.assertEqual(image_id, found.properties['docker_config_digest'])
        self.assertEqual(PROJECT, found.owner)
        reference = f'{self.gateway.address}/demo/memcached'
        self.dockerd.client.remove_image(f'{reference}:latest', force=True)
        self.dockerd.client.pull(reference, 'latest', auth_config=LOGIN)
        pulled = self.dockerd.client.inspect_image(f'{reference}:latest')
        self.assertEqual(image_id, pulled['Id'])

    def test_docker_prints_why_it_was_refused(self):
        self.assertEqual([], self._push('demo/web', 'v1')[0])
        (error,), _ = self._push('demo/web', 'v1', word='b')
        self.assertIn('is immutable', error)
        (error,), _ = self._push('demo/web', PIN)
        self.assertIn('keep the data of images', error)
        (error,), _ = self._push('other/web', 'latest')
        self.assertIn('denied', error)

    def test_docker_prints_that_there_is_no_turn(self):
        for name, value in (('pushes', 1), ('waiting_pushes', 0)):
            self.rooms.conf.set_override(name, value, group='front')
        with self.rooms.front._stories.turns.taken('another'):
            (error,), _ = self._push('demo/web', 'latest')
        self.assertIn('toomanyrequests: Too many pushes', error)
        self.assertEqual([], self.visible())
        # Its layers are there, and it has a turn now.
        self.assertEqual([], self._push('demo/web', 'latest')[0])

    def _limit(self, count):
        """Let every project have this many images."""

        class Limits:
            def of(self, project_id):
                return {'image_count_total': count}

        self.rooms.quota._limits = Limits()

    def test_docker_prints_that_the_quota_is_used_up(self):
        self._limit(1)
        self.assertEqual([], self._push('demo/one', 'latest')[0])
        self.assertEqual([], self._push('demo/one', 'latest')[0])
        (error,), _ = self._push('demo/two', 'latest')
        self.assertIn('has 1 of at most 1 images', error)
        self.assertEqual([], self.registry.tags('demo/two'))

    def test_over_the_quota_goes_on_what_needs_no_new_image(self):
        for word in ('a', 'b'):
            self.assertEqual([], self._push('demo/web', 'latest', word)[0])
        self._limit(1)
        self.assertEqual([], self._push('demo/web', 'latest', 'b')[0])
        self.assertEqual([], self._push('demo/web', 'latest', 'a')[0])
        (found,) = self.catalogue.listed()
        self.assertEqual('web:latest', found.name)
        answer = self.send('PUT', 'demo/web', 'chart', images.chart())
        self.assertEqual(201, answer.status_code, answer.text)

    def test_a_login_cannot_tell_what_needs_a_new_image(self):
        """Which is why the quota is not its business."""
        asked = []

        def token(user, scopes):
            asked.append((user, *scopes))
            return self.token(user, scopes)

        self.gateway.token = token
        self.assertEqual([], self._push('demo/web', 'latest')[0])
        self._limit(1)
        asked.clear()
        self.assertEqual([], self._push('demo/web', 'latest')[0])
        same = [*asked]
        asked.clear()
        (error,), _ = self._push('demo/web', 'another')
        self.assertIn('Quota exceeded', error)
        self.assertEqual(same, asked)
