"""The cluster machine: what is registered, which topics exist and with which settings; KRaft's metadata records."""
