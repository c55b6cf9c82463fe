import dataclasses

import testtools

from novadocker import model
from novadocker.engine import payload
from novadocker.spec import security as spec_security
from tests.contract import engine_contract


def _body(*, remaps_users=False, **changes):
    spec = engine_contract.spec('nova-image/1:2', 'nova')
    return payload.create(
        dataclasses.replace(spec, **changes), remaps_users=remaps_users
    )


def _host(**changes):
    return _body(**changes)['HostConfig']


class CreateTest(testtools.TestCase):
    def test_healthcheck_of_the_image_does_not_run(self):
        # It would run outside of the container's limits.
        body = _body()
        self.assertEqual({'Test': ['NONE']}, body['Healthcheck'])

    def test_engine_makes_no_network_and_no_restart(self):
        body = _body()
        self.assertTrue(body['NetworkDisabled'])
        self.assertEqual('none', body['HostConfig']['NetworkMode'])
        self.assertEqual('nova', body['HostConfig']['Runtime'])
        self.assertEqual({'Name': 'no'}, body['HostConfig']['RestartPolicy'])

    def test_log_is_bounded(self):
        self.assertEqual(
            {'max-size': '1m', 'max-file': '2'}, _host()['LogConfig']['Config']
        )

    def test_image_decides_what_is_not_given(self):
        body = _body(process=model.Process())
        self.assertNotIn('Cmd', body)
        self.assertNotIn('Entrypoint', body)

    def test_process_is_told(self):
        body = _body(
            process=model.Process(
                command=('a', 'b'),
                entrypoint=('/run',),
                user='1000:1000',
                workdir='/srv',
                env={'A': '1', 'B': 'x=y'},
                tty=True,
                stdin_open=True,
                init=True,
            )
        )
        expected = {
            'Cmd': ['a', 'b'],
            'Entrypoint': ['/run'],
            'User': '1000:1000',
            'WorkingDir': '/srv',
            'Env': ['A=1', 'B=x=y'],
            'Tty': True,
            'OpenStdin': True,
        }
        self.assertEqual(expected, expected | _subset(body, expected))
        self.assertTrue(body['HostConfig']['Init'])

    def test_empty_entrypoint_removes_the_images(self):
        body = _body(process=model.Process(command=('a',), entrypoint=()))
        self.assertEqual([''], body['Entrypoint'])

    def test_limits(self):
        limits = model.Resources(
            nano_cpus=2 * 10**9,
            memory_bytes=100,
            memory_swap_bytes=200,
            pids_limit=10,
            cpu_shares=512,
            shm_bytes=64,
            disk_bytes=1000,
            cpuset_cpus='1,3',
            cpuset_mems='0',
            ulimits=(model.Ulimit('nofile', 1, 2),),
        )
        expected = {
            'NanoCpus': 2 * 10**9,
            'Memory': 100,
            'MemorySwap': 200,
            'PidsLimit': 10,
            'CpuShares': 512,
            'CpusetCpus': '1,3',
            'CpusetMems': '0',
            'ShmSize': 64,
            'StorageOpt': {'size': '1000'},
            'Ulimits': [{'Name': 'nofile', 'Soft': 1, 'Hard': 2}],
        }
        self.assertEqual(expected, _subset(_host(resources=limits), expected))

    def test_quota_takes_the_place_of_nano_cpus(self):
        limits = model.Resources(
            nano_cpus=0,
            memory_bytes=100,
            memory_swap_bytes=100,
            pids_limit=10,
            cpu_period_us=100,
            cpu_quota_us=50,
        )
        host = _host(resources=limits)
        self.assertNotIn('NanoCpus', host)
        self.assertEqual((100, 50), (host['CpuPeriod'], host['CpuQuota']))

    def test_rates_of_a_disk(self):
        limits = model.Resources(
            nano_cpus=1,
            memory_bytes=100,
            memory_swap_bytes=100,
            pids_limit=10,
            disk_rates=model.DiskRates('/dev/vda', 1, 2, 3),
        )
        host = _host(resources=limits)
        found = {
            key: value for key, value in host.items() if key[:5] == 'Blkio'
        }
        self.assertEqual(
            {
                'BlkioDeviceReadBps': [{'Path': '/dev/vda', 'Rate': 1}],
                'BlkioDeviceReadIOps': [{'Path': '/dev/vda', 'Rate': 2}],
                'BlkioDeviceWriteBps': [{'Path': '/dev/vda', 'Rate': 3}],
            },
            found,
        )

    def test_what_is_not_limited_is_left_out(self):
        host = _host()
        for key in ('CpuShares', 'CpuQuota', 'ShmSize', 'StorageOpt'):
            self.assertNotIn(key, host)

    def test_security(self):
        security = model.Security(
            cap_add=('NET_ADMIN',), cap_drop=('MKNOD',), read_only_root=True
        )
        expected = {
            'Privileged': False,
            'CapAdd': ['NET_ADMIN'],
            'CapDrop': ['MKNOD'],
            'ReadonlyRootfs': True,
            'SecurityOpt': ['no-new-privileges'],
        }
        self.assertEqual(expected, _subset(_host(security=security), expected))

    def test_new_privileges_may_be_allowed(self):
        security = model.Security(no_new_privileges=False)
        self.assertEqual([], _host(security=security)['SecurityOpt'])

    def test_privileged_flavor_is_privileged_and_nothing_else(self):
        usual = _host(security=spec_security.security({}))
        options = {'docker:privileged': 'true'}
        found = _host(security=spec_security.security(options))
        changed = {key for key in found if found[key] != usual[key]}
        self.assertEqual({'Privileged', 'SecurityOpt'}, changed)
        self.assertIs(True, found['Privileged'])
        self.assertEqual([], found['SecurityOpt'])

    def test_mounts(self):
        mount = model.Mount('/a', '/b', read_only=True, propagation='rslave')
        self.assertEqual(
            [
                {
                    'Type': 'bind',
                    'Source': '/a',
                    'Target': '/b',
                    'ReadOnly': True,
                    'BindOptions': {'Propagation': 'rslave'},
                }
            ],
            _host(mounts=(mount,))['Mounts'],
        )

    def test_host_users_only_where_the_engine_maps_them(self):
        self.assertEqual('host', _host(remaps_users=True)['UsernsMode'])
        self.assertNotIn('UsernsMode', _host())


def _subset(found, expected):
    return {key: found.get(key) for key in expected}
