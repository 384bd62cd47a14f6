"""Where syncs run: the same jobs as arq workers, or inside the server when there is no Redis."""
