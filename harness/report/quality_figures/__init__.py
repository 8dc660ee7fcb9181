"""Pictures of what was measured of representations."""
