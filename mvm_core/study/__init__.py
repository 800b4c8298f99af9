"""The study: a grid of settings, internal and external results, and the release chosen by the tune split.

Its parts are imported by their own names: only those that train load torch.
"""
