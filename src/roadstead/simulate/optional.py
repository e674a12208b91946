"""MuJoCo, found or refused with what to install. It draws without a screen: `MUJOCO_GL` is osmesa unless it is set."""

import os

from roadstead.errors import BadInput, MissingExtra

os.environ.setdefault("MUJOCO_GL", "osmesa")
try:
    import mujoco  # type: ignore[import-untyped]
except ModuleNotFoundError as error:
    raise MissingExtra(f"pictures of a world need MuJoCo ({error}): pip install 'roadstead[simulate]'") from None
except (ImportError, AttributeError, RuntimeError) as error:
    raise BadInput(
        f"MUJOCO_GL={os.environ['MUJOCO_GL']} cannot be used for drawing ({error}): set it to osmesa, and apt install libosmesa6"
    ) from None

__all__ = ["mujoco"]
