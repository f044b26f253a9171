"""How a statement of an answer stands to the sentences it cites."""
