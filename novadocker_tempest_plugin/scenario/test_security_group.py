"""Security groups hold between servers, and between them and the outside."""

from tempest.lib import decorators

from novadocker_tempest_plugin.scenario import case


class SecurityGroupTest(case.DockerScenarioTest):
    @decorators.idempotent_id('2701d571-463c-4801-a8be-f496fff69b5f')
    def test_who_reaches_a_server(self) -> None:
        group = self.create_empty_security_group(namestart='closed')
        server = self.boot(security_groups=[{'name': group['name']}])
        friends = self.open_group()
        friend, stranger = (
            self.guest(self.boot(security_groups=[{'name': each['name']}]))
            for each in (friends, self.open_group())
        )
        outside, inside = self.unasked_guest(server), self.address(server)
        self.assertFalse(friend.reaches(inside))
        self.assertFalse(outside.answers())

        self.open_port(group, remote_group_id=friends['id'])
        self.wait_until(lambda: friend.reaches(inside), 'way of the friend')
        self.assertFalse(stranger.reaches(inside))
        self.assertFalse(outside.answers())

        self.open_port(group)
        self.wait_until(lambda: stranger.reaches(inside), 'way of a stranger')
        self.wait_until(outside.answers, 'way from outside')

    @decorators.idempotent_id('d6f65bd1-e4d2-46e0-a148-e5b876b8e28d')
    def test_rule_that_goes_closes_a_running_server(self) -> None:
        group = self.create_empty_security_group(namestart='closing')
        rule = self.open_port(group)
        server = self.boot(security_groups=[{'name': group['name']}])
        guest = self.guest(server)
        self.security_group_rules_client.delete_security_group_rule(rule['id'])
        self.wait_until(lambda: not guest.answers(), 'the end of its way')
