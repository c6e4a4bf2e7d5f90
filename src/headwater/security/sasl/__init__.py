"""SASL: who says that he is whom, as bytes in and bytes out."""
