"""Rewind GQL: one server for a person's digital life."""

__version__ = "0.1.0"
