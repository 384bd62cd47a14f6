"""Where everything stands on a card: pictures in, sheets out, which templates print as they are."""
