"""Figures for Prometheus, counted where things happen.

A label's values are few and chosen by us: never a repository or a tag. With
several processes per host the folder in PROMETHEUS_MULTIPROC_DIR makes one
sum of them.
"""

import os

import prometheus_client
from prometheus_client import multiprocess
import webob

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)

REQUESTS = prometheus_client.Histogram(
    'glance_bridge_request_seconds',
    'How long a door took to answer.',
    ['door', 'method', 'status'],
    buckets=_SECONDS,
)
PUBLICATIONS = prometheus_client.Counter(
    'glance_bridge_publications',
    'What came of looking at a tag: published, withdrawn, failed.',
    ['way', 'result'],
)
EVENTS = prometheus_client.Counter(
    'glance_bridge_events',
    'Events of the registry: accepted, ignored, dropped, malformed.',
    ['result'],
)
HINTS = prometheus_client.Gauge(
    'glance_bridge_hints_waiting',
    'Tags that an event named and nobody has looked at yet.',
    multiprocess_mode='livesum',
)
SWEEP = prometheus_client.Histogram(
    'glance_bridge_sweep_seconds',
    'How long one comparison of both sides took.',
    ['result'],
    buckets=(0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900),
)
SWEPT_AT = prometheus_client.Gauge(
    'glance_bridge_sweep_timestamp_seconds',
    'When both sides were last compared whole.',
    multiprocess_mode='max',
)
FINDINGS = prometheus_client.Gauge(
    'glance_bridge_sweep_findings',
    'What differed between both sides in the last comparison.',
    ['kind'],
    multiprocess_mode='mostrecent',
)


def door(request: webob.Request) -> webob.Response:
    """Answer with every figure; ``/metrics``."""
    registry = prometheus_client.REGISTRY
    if 'PROMETHEUS_MULTIPROC_DIR' in os.environ:
        registry = prometheus_client.CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    return webob.Response(
        body=prometheus_client.generate_latest(registry),
        headers=[('Content-Type', prometheus_client.CONTENT_TYPE_LATEST)],
    )
