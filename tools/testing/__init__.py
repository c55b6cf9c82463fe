"""What stands behind tools/run-tests.

Standard library only, except stream.py, which the tests' own virtual
environment runs. It must not import the project: the project is tested as
the wheel that is built from it.
"""
