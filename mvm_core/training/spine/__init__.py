"""Training of the network that finds the spine."""
