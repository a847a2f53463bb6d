"""The integration under test in our own scenarios: a small middleware as a customer writes it."""
