"""Schema linking: exporters, which copy schemas into another registry and keep it up to date."""
