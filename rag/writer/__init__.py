"""A language model writes, every sentence is checked: prompts, the sources a model is shown, checking and mending."""
