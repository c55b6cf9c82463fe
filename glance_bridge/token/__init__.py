"""Registry tokens: who may do what in which repository, signed.

The token server's room. scope, access and grant are pure; key, issuer and
verifier own PyJWT and cryptography; authority gets tokens for ourselves; door
is ``/token``. Passwords are looked into by identity/ and by nobody here.
"""
