"""The pages in ``docs/environments``, generated from the code and the frozen packs.

``python -m gmbench.cli.pages`` writes them.
"""
