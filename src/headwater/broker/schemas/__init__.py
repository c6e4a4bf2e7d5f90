"""What topics may ask of the schemas of their records."""
