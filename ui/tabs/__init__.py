"""The tabs of the page, a module each: a function that builds it and one that wires it."""
