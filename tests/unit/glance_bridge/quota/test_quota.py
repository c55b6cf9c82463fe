import testtools

from glance_bridge import exception
from glance_bridge.quota import limit
from glance_bridge.quota import quota

MIB = 1024 * 1024


class _Limits:
    def __init__(self, **limits):
        self.limits = limits

    def of(self, project_id):
        return self.limits


class _Catalogue:
    def __init__(self, count=0, size_bytes=0):
        self.found = (count, size_bytes)
        self.asked = []

    def usage(self, project_id):
        self.asked.append(project_id)
        return self.found


class QuotaTest(testtools.TestCase):
    def _quota(self, count=0, size_bytes=0, **limits):
        self.catalogue = _Catalogue(count, size_bytes)
        return quota.Quota(_Limits(**limits), self.catalogue)

    def _denied(self, deed, *arguments):
        err = self.assertRaises(exception.QuotaExceeded, deed, *arguments)
        self.assertEqual(('DENIED', 403), (err.code, err.status))
        return err.message

    def test_without_limits_nobody_is_asked(self):
        found = self._quota()
        found.check_more('project', 10**15)
        self.assertEqual([], self.catalogue.asked)

    def test_other_limits_are_not_ours(self):
        self._quota(image_stage_total=0).check_more('project', 1)
        self.assertEqual([], self.catalogue.asked)

    def test_images_are_counted(self):
        self._quota(2, image_count_total=3).check_more('project', 1)
        found = self._quota(3, image_count_total=3)
        message = self._denied(found.check_more, 'project', 1)
        self.assertIn('has 3 of at most 3 images', message)
        found.check_more('project', 1, images=0)

    def test_sizes_are_summed_up_in_whole_mib(self):
        found = self._quota(1, 8 * MIB, image_size_total=10)
        found.check_more('project', 3 * MIB - 1)
        message = self._denied(found.check_more, 'project', 3 * MIB)
        self.assertIn('take 8 of at most 10 MiB', message)
        self.assertIn('would take 3', message)

    def test_a_project_that_is_over_already_is_told_so(self):
        message = self._denied(
            self._quota(4, image_count_total=3).check_more, 'project', 0
        )
        self.assertIn('has 4 of at most 3 images', message)
        message = self._denied(
            self._quota(1, 11 * MIB, image_size_total=10).check_more,
            *('project', 0),
        )
        self.assertIn('take 11 of at most 10 MiB', message)

    def test_minus_one_is_no_limit(self):
        self._quota(
            99, 99 * MIB, image_count_total=-1, image_size_total=-1
        ).check_more('project', 1)

    def test_zero_is_a_limit(self):
        self._denied(self._quota(image_count_total=0).check_more, 'project', 1)

    def test_names_are_those_of_glance(self):
        self.assertEqual('image_count_total', limit.COUNT)
        self.assertEqual('image_size_total', limit.SIZE_MB)
