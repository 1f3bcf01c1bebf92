"""The vendors as real servers on loopback, each with a control door for tests."""
