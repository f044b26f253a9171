"""What programs may ask of paperchat: named endpoints and MCP tools."""
