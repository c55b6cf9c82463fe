"""The doors to the outside: which path leads to which, and how errors look.

What a door does is its own room's affair.
"""
