"""What a request is, apart from every machine: deadlines, pseudonyms, and what an erasure does next."""
