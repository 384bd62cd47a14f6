"""Images: found, kept, measured, coloured, and served in the sizes asked for."""
