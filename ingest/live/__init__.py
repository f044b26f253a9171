"""Sources that are asked over the network: two named services and no other address. Knows no index."""
