"""What scenarios in Python share. See tests/README.md."""
