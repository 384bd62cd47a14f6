"""Ratios against a stated reference, measured in one run; `make bench` prints them."""
