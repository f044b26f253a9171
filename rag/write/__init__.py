"""From numbered sources to an answer: prompts, the layout of what a model writes, and the writer."""
