"""The doors of images: Nova's cache of them, and snapshots."""

import time
from typing import Any

from nova import conf as nova_conf

from novadocker.facade import rooms
from novadocker.ops import snapshot

CONF = nova_conf.CONF


class Image(rooms.Rooms):
    """The images of this host."""

    def manage_image_cache(self, context: Any, all_instances: Any) -> None:
        if not CONF.image_cache.remove_unused_base_images:
            return
        settings = CONF.image_cache
        self._images.remove_unused(
            {instance.image_ref for instance in all_instances},
            now_s=time.time(),
            min_age_s=settings.remove_unused_original_minimum_age_seconds,
        )

    def cache_image(self, context: Any, image_id: str) -> bool:
        return self._images.cache(context, image_id)

    # NOTE: not in_nova_words. After InstanceNotFound Nova takes the server
    # for deleted and leaves one that is not in its task state.
    def snapshot(
        self,
        context: Any,
        instance: Any,
        image_id: str,
        update_task_state: Any,
    ) -> None:
        snapshot.snapshot(
            self._tools,
            self._uploader,
            context,
            instance,
            image_id,
            update_task_state,
        )
