"""What a path of the archive means: plain functions on plain values, without I/O."""
