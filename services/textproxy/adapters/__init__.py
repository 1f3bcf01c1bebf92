"""What stands behind the ports: the vendor, the tools as data, the counters on the bus."""
