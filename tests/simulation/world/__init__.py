"""A world in memory: time, network, disks, clocks and chance, all of them drawn from one seed."""
