"""What the operator runs: the launcher, the bus configuration, generated files, checks of certificates."""
