"""GraphQL: the schema, its edges, its errors and its endpoint."""
