"""Films across collecting and watching."""
