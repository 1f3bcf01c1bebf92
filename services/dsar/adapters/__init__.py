"""SQL tables, the bus, letters and documents, as the use cases need them."""
