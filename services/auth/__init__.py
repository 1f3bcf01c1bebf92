"""Who is calling, and what they may do: accounts, passwords, sessions, tiers."""
