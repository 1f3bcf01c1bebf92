"""The world behind the ports: the database, argon2id, the bus, the policy files."""
