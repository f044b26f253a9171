"""The evidence for a plan: which papers, which of their sentences, numbered as a writer is shown them."""
