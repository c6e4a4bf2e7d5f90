"""From JSON to the model of schemas, for the older drafts and for the newer ones."""
