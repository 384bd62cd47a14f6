"""`python -m rewind_gql.cli` is the `rewind` command."""

from rewind_gql.cli.app import main

main()
