"""Backups of an installation's databases and, apart from them, of its subject keys; and bringing them back."""
