"""Execution by plans."""
