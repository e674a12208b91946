"""The engine's off-screen pass: what a camera sees of a model, as colours, distances and geoms."""

import os

import numpy as np
import numpy.typing as npt

from roadstead.errors import BadInput
from roadstead.simulate.optional import mujoco
from roadstead.simulate.render.model import FAR_M, NEAR_M, Model
from roadstead.simulate.world.view import View
from roadstead.types import Floats, Image

_SUN_M = 500.0
Depth = npt.NDArray[np.float32]
"""(h, w) m along the camera's axis; FAR_M where there is nothing."""


class Engine:
    """Owns the GL context and the engine's state. Use it from one thread, and close it."""

    def __init__(self, model: Model, size: tuple[int, int]) -> None:
        self.model = model
        self.data = mujoco.MjData(model.engine)
        self._scene = mujoco.MjvScene(model.engine, maxgeom=model.engine.ngeom + 100)
        self._option, self._perturb, self._camera = mujoco.MjvOption(), mujoco.MjvPerturb(), mujoco.MjvCamera()
        self._camera.type, self._camera.fixedcamid = mujoco.mjtCamera.mjCAMERA_FIXED, 0
        self._context: mujoco.MjrContext | None = None
        self._gl, self._context = _opened(model, size)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._context)
        self._context.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR

    def close(self) -> None:
        """Free what the engine holds."""
        if self._context is not None:
            self._gl.make_current()
            self._context.free()
            self._context = None
            self._gl.free()

    def sun(self, at_m: Floats, reach_m: float) -> None:
        """Cast the sun's shadows within a reach of a place (3,); what stands nearer to the sun than its lamp casts none."""
        assert self._context is not None
        self.model.engine.light_pos[0] = at_m - self.model.engine.light_dir[0] * _SUN_M
        self._context.shadowClip = reach_m

    def shot(
        self, axes: Floats, at_m: Floats, view: View, size: tuple[int, int], *, shadows: bool = True
    ) -> tuple[Image, Depth]:
        """Return the colours and depths that a camera with axes (3, 3) at a place (3,) sees, with a view's field, of a size px."""
        self._look(axes, at_m, view)
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = shadows
        return self._drawn(size)

    def emission(self, view: View, size: tuple[int, int]) -> Image:
        """Return only what shines of itself (h, w, 3)."""
        engine = self.model.engine
        ambient, active = engine.vis.headlight.ambient.copy(), engine.light_active.copy()
        engine.vis.headlight.ambient[:], engine.light_active[:] = 0.0, 0
        try:
            rgb, _ = self.shot(view.axes, np.asarray(view.at_m), view, size, shadows=False)
        finally:
            engine.vis.headlight.ambient[:], engine.light_active[:] = ambient, active
        return rgb

    def geoms(self, view: View) -> npt.NDArray[np.int32]:
        """Return the number of the geom that each pixel shows, -1 where there is none."""
        self._look(view.axes, np.asarray(view.at_m), view)
        flags = (mujoco.mjtRndFlag.mjRND_SEGMENT, mujoco.mjtRndFlag.mjRND_IDCOLOR)
        for flag in flags:
            self._scene.flags[flag] = True
        rgb, _ = self._drawn(view.size)
        for flag in flags:
            self._scene.flags[flag] = False
        segment = rgb.astype(np.int32) @ np.array([1, 256, 65536], np.int32)
        of = np.full(self._scene.ngeom + 1, -1, np.int32)
        for geom in self._scene.geoms[: self._scene.ngeom]:
            if geom.segid >= 0 and geom.objtype == mujoco.mjtObj.mjOBJ_GEOM:
                of[geom.segid + 1] = geom.objid
        return np.asarray(of[segment])

    def _look(self, axes: Floats, at_m: Floats, view: View) -> None:
        engine, turn = self.model.engine, np.zeros(4)
        mujoco.mju_mat2Quat(turn, np.ascontiguousarray(axes.T).ravel())
        engine.cam_pos[0], engine.cam_quat[0], engine.cam_fovy[0] = at_m, turn, view.fov_deg
        mujoco.mj_forward(engine, self.data)
        mujoco.mjv_updateScene(
            engine, self.data, self._option, self._perturb, self._camera, mujoco.mjtCatBit.mjCAT_ALL.value, self._scene
        )

    def _drawn(self, size: tuple[int, int]) -> tuple[Image, Depth]:
        assert self._context is not None
        self._gl.make_current()
        width, height = size
        rect = mujoco.MjrRect(0, 0, width, height)
        rgb, depth = np.empty((height, width, 3), np.uint8), np.empty((height, width), np.float32)
        mujoco.mjr_render(rect, self._scene, self._context)
        mujoco.mjr_readPixels(rgb, depth, rect, self._context)
        far = NEAR_M * FAR_M / (NEAR_M + depth * (FAR_M - NEAR_M))
        return np.ascontiguousarray(rgb[::-1]), np.ascontiguousarray(far[::-1])


def _opened(model: Model, size: tuple[int, int]) -> "tuple[mujoco.GLContext, mujoco.MjrContext]":
    """Open a GL context and put a model into it; raise BadInput where the machine has none."""
    try:
        gl = mujoco.GLContext(*size)
        gl.make_current()
        return gl, mujoco.MjrContext(model.engine, mujoco.mjtFontScale.mjFONTSCALE_100.value)
    except (AttributeError, ImportError, RuntimeError, OSError, mujoco.FatalError) as error:
        raise BadInput(
            f"no OpenGL for drawing without a screen (MUJOCO_GL={os.environ['MUJOCO_GL']}: {error}): "
            "set MUJOCO_GL=osmesa, and apt install libosmesa6"
        ) from None
