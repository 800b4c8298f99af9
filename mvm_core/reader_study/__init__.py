"""A reader study: people read the films of a cohort, without and with the model's answer beside."""
