"""Azure OpenAI chat completions, emulated."""
