"""What the daemon remembers between two starts, in one SQLite database."""
