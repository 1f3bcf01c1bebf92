"""The gateway's view of the world: sessions and consents over the bus, secrets of the day, visit data, limits."""
