"""A back end of Cinder for one machine: sparse files and loop devices.

For the quickstart and its tests, and nothing else: it keeps nothing from
another host, moves nothing and is as safe as one file. The quickstart copies
this folder to where cinder-volume finds it, so that nothing here may import
the rest of the quickstart.
"""
