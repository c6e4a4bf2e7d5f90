"""Administration: one file for each thing that is administered, each a few functions over a `Cluster`."""
