"""What a log must hold whatever fails: a model of one, and programs that write to it and read from it."""
