"""The manifest front: where a push becomes an image, before it is answered.

Blobs do not come here. Who may push is for the token, what is pushed for
verdict/, and how it becomes an image for publish/.
"""
