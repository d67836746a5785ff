"""Running a server: settings, data folder, migration, processes."""
