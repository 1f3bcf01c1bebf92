"""What services and operators share beside messages: pure functions without I/O (Merkle tree, certificate, letters)."""
