"""What dsar does, one verb a file."""
