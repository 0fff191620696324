"""Drives real agents against a server: installs them, runs their applications, checks the answers."""
