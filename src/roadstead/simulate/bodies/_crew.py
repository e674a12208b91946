"""People on board, in life vests."""

from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import limb, lump
from roadstead.simulate.world.body import Material, Rgb

VESTS: tuple[Rgb, ...] = ((0.95, 0.40, 0.08), (0.90, 0.80, 0.10), (0.80, 0.14, 0.12), (0.15, 0.25, 0.60))
_CLOTH = Material((0.13, 0.15, 0.21), shine=0.05, specular=0.05)
_SKIN = Material((0.74, 0.55, 0.44), shine=0.1, specular=0.1)
_HAIR = Material((0.07, 0.06, 0.06))


def person(kit: Kit, at: tuple[float, float, float], vest: Rgb, *, seated: bool) -> None:
    """Put somebody on board who looks ahead, with the feet at (x, y, z), holding something before the chest."""
    x, y, z = at
    hip = z + (0.5 if seated else 0.88)
    top, group = Material(vest, shine=0.1, specular=0.1), f"person:{x:.2f}:{y:.2f}"
    for side in (-0.11, 0.11):
        knee = (x + 0.42, y + side, hip) if seated else (x + 0.02, y + side, z + 0.45)
        kit.add(limb((x, y + side, hip), knee, (0.1, 0.08)), _CLOTH, group)
        kit.add(limb(knee, (knee[0], y + side, z), (0.08, 0.06)), _CLOTH, group)
        shoulder, hand = (x, y + 2.1 * side, hip + 0.5), (x + 0.42, y + 1.6 * side, hip + 0.35)
        kit.add(limb(shoulder, (x + 0.12, y + 2.4 * side, hip + 0.22), (0.07, 0.055)), _CLOTH, group)
        kit.add(limb((x + 0.12, y + 2.4 * side, hip + 0.22), hand, (0.055, 0.045)), _SKIN, group)
    kit.add(lump((x, y, hip + 0.3), (0.19, 0.25, 0.36)), top, group, smooth=True)
    kit.add(lump((x + 0.02, y, hip + 0.8), (0.11, 0.095, 0.14)), _SKIN, group, smooth=True)
    kit.add(lump((x - 0.01, y, hip + 0.85), (0.115, 0.105, 0.11)), _HAIR, group, smooth=True)
