"""Verbs, pure: a credential to signed bytes, and whatever is presented to a verdict.

Nothing here reads a clock, draws entropy or touches a file or a store: instants, entropy and signing functions come
in as values.
"""
