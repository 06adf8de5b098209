"""The wire APIs this server speaks; each knows its own words and nothing of the others."""
