"""The process pictures are decoded in: what it runs, what passes to and from it, and its life."""
