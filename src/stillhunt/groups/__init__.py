"""From keys to groups: who belongs together, before anybody is accused of anything."""
