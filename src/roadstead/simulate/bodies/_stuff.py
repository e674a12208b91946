"""Materials that many bodies share."""

from roadstead.simulate.world.body import Material

RUBBER = Material((0.07, 0.07, 0.07), shine=0.05, specular=0.05)
DARK = Material((0.09, 0.09, 0.1), shine=0.1, specular=0.1)
FRAME = Material((0.14, 0.14, 0.15), shine=0.2, specular=0.2)
GLASS = Material((0.07, 0.09, 0.11), shine=0.9, specular=0.9)
STEEL = Material((0.6, 0.62, 0.64), shine=0.5, specular=0.5)
CHROME = Material((0.8, 0.81, 0.83), shine=0.9, specular=0.8)
CONCRETE = Material((0.62, 0.61, 0.58), shine=0.05, specular=0.05)
WHITE = Material((0.86, 0.86, 0.86), shine=0.3, specular=0.3)
HEAD = Material((0.9, 0.9, 0.86), shine=0.9, specular=0.9)
TAIL = Material((0.55, 0.03, 0.03), shine=0.8, specular=0.6)
BRAKE = Material((0.5, 0.02, 0.04), shine=0.8, specular=0.6)
TURN = Material((0.8, 0.42, 0.05), shine=0.8, specular=0.6)
