"""BuildHub's jobs: they read the archive, work out records and publish them over HTTP.

``rules`` decides on plain values and knows no I/O; ``archive`` reads what Mozilla publishes;
``publish`` writes records to a server; the jobs join the three; ``command`` is the shell's door.
"""
