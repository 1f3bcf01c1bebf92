"""What the routes work with: sessions and consents over the bus, secrets of the day, visit data, limits."""
