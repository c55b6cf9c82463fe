"""Configuration of Sphinx."""

import configparser
import pathlib
import sys
import tempfile

from sphinx_feature_classification import support_matrix

_ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_ROOT))


def _advertise() -> tempfile.TemporaryDirectory[str]:
    """Say what is in setup.cfg as an installed package does.

    The extensions of oslo find options and policies by their entry points,
    and show empty pages without a word where there are none.
    """
    read = configparser.ConfigParser()
    read.read(_ROOT / 'setup.cfg')
    lines = []
    for group, points in read['entry_points'].items():
        lines += [f'[{group}]', *filter(None, points.splitlines())]
    folder = tempfile.TemporaryDirectory()
    info = pathlib.Path(folder.name, 'nova_docker-0.dist-info')
    info.mkdir()
    (info / 'METADATA').write_text('Name: nova-docker\nVersion: 0\n')
    (info / 'entry_points.txt').write_text('\n'.join(lines))
    sys.path.insert(0, folder.name)
    return folder


# Kept until Sphinx ends.
_advertised = _advertise()

# It would show the first of these groups only.
support_matrix.FEATURE_PREFIX = (
    'operation.',
    'guest.',
    'console.',
    'storage.',
)

project = 'nova-docker'
copyright = 'the nova-docker authors'  # noqa: A001
extensions = [
    'oslo_config.sphinxext',
    'oslo_policy.sphinxext',
    'sphinx_feature_classification.support_matrix',
]
html_theme = 'alabaster'
_FONT = 'system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif'
html_theme_options = {
    'description': 'Docker containers as servers of an OpenStack cloud',
    'page_width': '66em',
    'sidebar_width': '17em',
    'font_family': _FONT,
    'head_font_family': _FONT,
    'font_size': '16px',
}
# The front page is itself the list of all pages.
html_sidebars = {
    '**': [
        'about.html',
        'searchfield.html',
        'localtoc.html',
        'navigation.html',
    ],
    'index': ['about.html', 'searchfield.html'],
}
html_static_path = ['_static']
html_show_sourcelink = False
