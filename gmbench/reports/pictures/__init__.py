"""Pictures of levels and episodes: sheets of levels, strips of frames, animations.

The functions take levels and states as Python lists, each entry without a batch axis;
`gmbench.reports.pictures.frames.unstack` makes such a list from stacked levels or states. The states of an
episode begin with the first one, so that entry k of the list is the state after k steps.
"""
