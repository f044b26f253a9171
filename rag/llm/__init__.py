"""The client of chat models: any endpoint that speaks OpenAI's chat completions."""
