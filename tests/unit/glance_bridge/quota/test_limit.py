from keystoneauth1 import exceptions as keystone_exceptions
from openstack import exceptions as sdk_exceptions
from oslo_limit import exception as limit_exception
import testtools

from glance_bridge import exception
from glance_bridge.quota import limit


class _Enforcer:
    """What oslo.limit's says of the limits in Keystone."""

    def __init__(self, registered=(), own=(), failure=None):
        self.registered = registered
        self.own = own
        self.failure = failure
        self.asked = 0

    def get_registered_limits(self, names):
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return list(self.registered)

    def get_project_limits(self, project_id, names):
        return [
            (name, value)
            for owner, name, value in self.own
            if owner == project_id
        ]


class LimitsTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.now_s = 0.0
        self.made = 0

    def _limits(self, enforcer):
        def make(usage, cache):
            self.assertFalse(cache)
            self.assertEqual({}, usage('project', ['a']))
            self.made += 1
            if self.made == 1 and isinstance(enforcer, list):
                raise enforcer.pop(0)
            return enforcer[0] if isinstance(enforcer, list) else enforcer

        return limit.Limits(30, make=make, clock=lambda: self.now_s)

    def test_a_project_s_own_limit_goes_before_the_default(self):
        found = self._limits(
            _Enforcer([('a', 1), ('b', 2)], [('mine', 'a', 9)])
        )
        self.assertEqual({'a': 9, 'b': 2}, found.of('mine'))
        self.assertEqual({'a': 1, 'b': 2}, found.of('other'))

    def test_without_registered_limits_there_are_none(self):
        self.assertEqual({}, self._limits(_Enforcer()).of('mine'))

    def test_limits_are_remembered_for_a_while(self):
        enforcer = _Enforcer([('a', 1)])
        found = self._limits(enforcer)
        for now_s, asked in ((0, 1), (29, 1), (31, 2), (32, 2)):
            self.now_s = now_s
            found.of('mine')
            self.assertEqual(asked, enforcer.asked, now_s)
        self.assertEqual(1, self.made)

    def test_only_so_many_projects_are_remembered(self):
        enforcer = _Enforcer([('a', 1)])
        found = self._limits(enforcer)
        for number in range(4097):
            found.of(str(number))
        found.of('0')
        self.assertEqual(4098, enforcer.asked)

    def test_a_keystone_that_cannot_say_is_a_service_that_is_away(self):
        for failure in (
            keystone_exceptions.ConnectFailure('gone'),
            sdk_exceptions.SDKException('gone'),
            limit_exception.SessionInitError('gone'),
            ValueError('Either service_type or service_name should be set'),
        ):
            found = self._limits(_Enforcer(failure=failure))
            self.assertRaises(exception.ServiceUnavailable, found.of, 'mine')

    def test_a_keystone_that_comes_back_is_asked_again(self):
        found = self._limits(
            [limit_exception.SessionInitError('gone'), _Enforcer([('a', 1)])]
        )
        self.assertRaises(exception.ServiceUnavailable, found.of, 'mine')
        self.assertEqual({'a': 1}, found.of('mine'))

    def test_an_operator_without_limits_has_none(self):
        self.assertEqual({}, limit.NoLimits().of('mine'))
