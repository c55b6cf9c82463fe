"""Configuration of Sphinx."""

import pathlib
import sys

from sphinx_feature_classification import support_matrix

# oslo.config's extension imports the options.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

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
    'sphinx_feature_classification.support_matrix',
]
html_theme = 'alabaster'
html_theme_options = {
    'description': 'Docker containers as servers of an OpenStack cloud',
    'page_width': '60em',
}
