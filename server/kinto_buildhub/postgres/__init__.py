"""The embedded PostgreSQL. Its modules need what the extra ``buildhub[embedded]`` installs."""

# The wait before each attempt to start it. Backends of a killed database live on for some moments,
# and keep a new one from starting.
RESTART_PAUSES_SECONDS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
