import threading

import testtools

from glance_bridge import exception
from glance_bridge.identity import directory
from glance_bridge.identity import throttle
from tests.fixtures import clock
from tests.fixtures import fake_keystone
from tests.fixtures import fake_rows

_HERE = '192.0.2.1'


class DirectoryTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.clock = clock.Clock()
        self.keystone = fake_keystone.FakeKeystone()
        self.keystone.add_user('alice', {fake_keystone.DEMO: ('member',)})
        limits = throttle.Limits(per_account=3, per_address=20, window_s=300)
        self.directory = directory.Directory(
            self.keystone,
            throttle.Throttle(limits, fake_rows.FakeRows(), self.clock),
            directory.Lifetimes(kept_s=60, refused_s=10),
            'Default',
            self.clock,
        )

    def _log_in(self, user='alice', secret='secret', address=_HERE):
        return self.directory.caller(user, secret, address)

    def _is_wrong(self, secret='wrong'):
        self.assertRaises(exception.Unauthorized, self._log_in, secret=secret)

    def test_keystone_is_asked_once_a_minute(self):
        first = self._log_in()
        self.assertEqual('alice', first.user_name)
        self.clock.go(59)
        self.assertEqual(first, self._log_in())
        self.assertEqual(['authenticate'], self.keystone.asked)
        self.clock.go(1)
        self._log_in()
        self.assertEqual(2, len(self.keystone.asked))

    def test_another_password_is_another_login(self):
        self._log_in()
        self._is_wrong()

    def test_the_same_wrong_password_does_not_reach_keystone_again(self):
        for _ in range(9):
            self._is_wrong()
        self.assertEqual(['authenticate'], self.keystone.asked)
        self.clock.go(10)
        self._is_wrong()
        self.assertEqual(2, len(self.keystone.asked))

    def test_who_guesses_is_kept_from_keystone(self):
        for number in range(3):
            self._is_wrong(f'wrong{number}')
        self.assertRaises(
            exception.TooManyRequests, self._log_in, secret='wrong9'
        )
        self.assertRaises(exception.TooManyRequests, self._log_in)
        self.assertEqual(3, len(self.keystone.asked))

    def test_who_is_in_stays_in_while_others_guess(self):
        self._log_in()
        for number in range(3):
            self._is_wrong(f'wrong{number}')
        self.assertEqual('alice', self._log_in().user_name)

    def test_nobody_is_locked_out_by_others_who_guess(self):
        self._log_in()
        self.clock.go(60)
        for number in range(3):
            self._is_wrong(f'wrong{number}')
        self.assertEqual('alice', self._log_in().user_name)
        # It is no licence to guess.
        self.assertRaises(
            exception.TooManyRequests, self._log_in, secret='wrong9'
        )

    def test_what_was_right_once_is_a_guess_when_it_is_wrong(self):
        self._log_in()
        self.keystone.passwords['alice'] = 'another'
        self.clock.go(60)
        self._is_wrong('secret')
        self.clock.go(10)
        for number in range(3):
            self._is_wrong(f'wrong{number}')
        self.assertRaises(exception.TooManyRequests, self._log_in)

    def test_what_was_right_a_day_ago_is_counted_again(self):
        self._log_in()
        self.clock.go(24 * 3600)
        for number in range(3):
            self._is_wrong(f'wrong{number}')
        self.assertRaises(exception.TooManyRequests, self._log_in)

    def test_what_keystone_did_not_answer_is_not_kept(self):
        self.keystone.is_away = True
        for _ in range(5):
            self.assertRaises(exception.ServiceUnavailable, self._log_in)
        self.keystone.is_away = False
        self.assertEqual('alice', self._log_in().user_name)

    def test_who_is_in_stays_in_while_keystone_is_away(self):
        caller = self._log_in()
        self.directory.membership(caller, fake_keystone.DEMO.id)
        self.keystone.is_away = True
        caller = self._log_in()
        self.assertEqual(
            ('member',),
            self.directory.membership(caller, fake_keystone.DEMO.id).roles,
        )

    def test_roles_are_kept_and_their_lack_less_long(self):
        caller = self._log_in()
        demo, other = fake_keystone.DEMO.id, fake_keystone.OTHER.id
        for _ in range(3):
            self.assertEqual(
                ('member',), self.directory.membership(caller, demo).roles
            )
            self.assertIsNone(self.directory.membership(caller, other))
        asked = [f'membership {demo}', f'membership {other}']
        self.assertEqual(asked, self.keystone.asked[1:])
        self.clock.go(10)
        self.directory.membership(caller, demo)
        self.directory.membership(caller, other)
        self.assertEqual([*asked, asked[1]], self.keystone.asked[1:])

    def test_projects_are_kept(self):
        caller = self._log_in()
        for _ in range(3):
            (project,) = self.directory.projects(caller)
            self.assertEqual(fake_keystone.DEMO.id, project.id)
        self.assertEqual(['projects'], self.keystone.asked[1:])

    def test_what_many_ask_at_once_is_asked_once(self):
        threads = [threading.Thread(target=self._log_in) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(60)
        self.assertEqual(['authenticate'], self.keystone.asked)

    def test_no_password_is_kept(self):
        self._log_in()
        kept = [
            repr(vars(each))
            for each in vars(self.directory).values()
            if hasattr(each, '__dict__') and each is not self.keystone
        ]
        self.assertNotIn("'secret'", ' '.join(kept))
