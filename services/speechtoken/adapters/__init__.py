"""What stands behind the ports: the vendor's token endpoint and its SDK."""
