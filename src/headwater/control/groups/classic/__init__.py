"""Groups whose leader assigns: the protocol of JoinGroup and SyncGroup."""
