"""The world behind the ports: the database, the bus, the policy files."""
