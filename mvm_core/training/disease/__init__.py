"""Training of the network that tells diseased vertebrae from intact ones."""
