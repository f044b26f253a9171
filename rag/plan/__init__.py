"""What a turn asks for: the plan, and who makes it."""
