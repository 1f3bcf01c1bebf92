"""Text to the language model and back; nothing of it outlives the request."""
