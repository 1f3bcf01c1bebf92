"""What follows from the contract table: bus permissions, streams, documents. Pure: nothing here does I/O."""
