"""The command line: one module a command group, each loaded only when it is asked for."""
