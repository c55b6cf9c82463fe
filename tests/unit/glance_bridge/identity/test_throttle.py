import testtools

from glance_bridge import exception
from glance_bridge.identity import throttle
from tests.fixtures import clock
from tests.fixtures import fake_rows


class ThrottleTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.clock = clock.Clock()
        self.rows = fake_rows.FakeRows()
        self.throttle = throttle.Throttle(
            throttle.Limits(per_account=3, per_address=5, window_s=300),
            self.rows,
            self.clock,
        )

    def _fail(self, account='alice', address='192.0.2.1'):
        try:
            with self.throttle.attempt(account, address):
                raise exception.Unauthorized('wrong')
        except exception.Unauthorized:
            return

    def _succeed(self, account='alice', address='192.0.2.1'):
        with self.throttle.attempt(account, address):
            pass

    def _is_refused(self, account='alice', address='192.0.2.1'):
        found = self.assertRaises(
            exception.TooManyRequests, self._succeed, account, address
        )
        return int(dict(found.headers)['Retry-After'])

    def test_an_account_has_so_many_failures_from_anywhere(self):
        for number in range(3):
            self._fail(address=f'192.0.2.{number}')
        self._is_refused(address='192.0.2.9')
        self._succeed('bob', '192.0.2.9')

    def test_an_address_has_so_many_failures_for_any_account(self):
        for number in range(5):
            self._fail(account=f'user{number}')
        self._is_refused(account='user9')
        self._succeed('user9', '192.0.2.2')

    def test_a_network_of_ipv6_is_one_address(self):
        for number in range(5):
            self._fail(f'user{number}', f'2001:db8::{number}')
        self._is_refused('user9', '2001:db8::9')
        self._succeed('user9', '2001:db8:0:1::9')

    def test_what_is_no_address_counts_as_it_is(self):
        for number in range(5):
            self._fail(f'user{number}', 'unknown')
        self._is_refused('user9', 'unknown')

    def test_it_says_when_to_try_again(self):
        self._fail()
        self.clock.go(100)
        self._fail()
        self._fail()
        self.assertEqual(200, self._is_refused())
        self.clock.go(199.5)
        self.assertEqual(1, self._is_refused())
        self.clock.go(0.5)
        self._succeed()

    def test_a_success_forgives_the_account_but_not_the_address(self):
        for account in ('bob', 'carol', 'alice', 'alice'):
            self._fail(account)
        self._succeed('alice')
        self._fail('alice')
        self._is_refused('alice')
        self._succeed('alice', '192.0.2.2')

    def test_what_is_under_way_counts(self):
        with (
            self.throttle.attempt('alice', '192.0.2.1'),
            self.throttle.attempt('alice', '192.0.2.2'),
            self.throttle.attempt('alice', '192.0.2.3'),
        ):
            self._is_refused()
        self._succeed()

    def test_processes_count_together(self):
        limits = throttle.Limits(per_account=3, per_address=5, window_s=300)
        for _ in range(3):
            self._fail()
        self.throttle = throttle.Throttle(limits, self.rows, self.clock)
        self._is_refused()

    def test_a_refusal_is_no_failure(self):
        for _ in range(3):
            self._fail()
        self.clock.go(299)
        for _ in range(5):
            self._is_refused()
        self.clock.go(1)
        self._succeed()

    def test_a_fault_that_is_not_theirs_does_not_count(self):
        for _ in range(9):
            try:
                with self.throttle.attempt('alice', '192.0.2.1'):
                    raise exception.ServiceUnavailable('away')
            except exception.ServiceUnavailable:
                pass
        self._succeed()
