"""What the product must answer, counted again in plain Python over the raw rows."""
