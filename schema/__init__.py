"""The GraphQL surface: types, edges, queries and mutations over the domains' own queries."""
