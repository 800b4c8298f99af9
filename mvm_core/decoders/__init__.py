"""Compressed images decoded in processes of their own, with limits of time and memory.

A decoder that a hostile file keeps busy, fills or breaks takes no reader of other films with it. What runs in
those processes (`process` and what it decodes with) imports nothing else of this project, to start fast.
"""
