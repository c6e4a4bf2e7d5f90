"""Who may do what: pure decisions about principals, operations and resources."""
