"""The methods that Nova calls, a file for each concern."""
