"""The real world: the only code of the project that calls the operating system's clock, entropy, files and threads."""
