"""Writes `schema.graphql`, the printed schema: `python -m schema`."""

from schema.root import SDL, print_sdl

if __name__ == "__main__":
    SDL.write_text(print_sdl(), encoding="utf-8")
