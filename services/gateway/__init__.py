"""HTTP in, NATS out: who may pass, under which limits, with which consent; problem documents are made here only."""
