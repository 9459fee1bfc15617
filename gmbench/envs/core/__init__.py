"""The parts that environments are made of.

Every environment uses:

- `definition`: the functions of one level and one state that an author writes, and the candidate goals.
- `numbering`: state numbers for the exact planner, where there are few enough states.
- `environment`: the gymnax environment that follows from a definition; it runs on a pool of levels.
- `levels`: level generators, pools of levels and the layouts that are held out for evaluation.
- `options`: checks of generator parameters that list several values.
- `grid`: the cells of a level as bits, and the egocentric view.
- `text`: the parser for levels that are drawn as text.
- `rendering` and `images`: the RGB renderer, and pictures of whole levels for people.
- `materialized`: a workaround for the way XLA fuses an environment step.

Environments that are seen from above also use:

- `boards`: their levels, and the text format of these levels.
- `mazes`: layouts of walls and floor, distances, and how an agent walks.
- `world`: the base class, which derives the observation and the scene from the places of the things.
- `walks`: worlds in which the agent does nothing but walk.
- `fields`: open worlds in which things come and go at random.
"""
