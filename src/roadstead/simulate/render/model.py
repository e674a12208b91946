"""A world as a MuJoCo model: every part a mesh, every actor a body that is put where it is in each picture."""

from dataclasses import dataclass, field

import mujoco  # type: ignore[import-untyped]
import numpy as np

from roadstead.simulate.world.body import Body, Material, Part
from roadstead.simulate.world.motion import yaw_turn
from roadstead.simulate.world.world import World

ACTOR = "actor:"
"""What the names of actors' bodies begin with."""
_FAR_M = 6000.0
_BELOW_M = -1000.0
"""Where actors are kept that are not in the world."""


@dataclass(slots=True, eq=False)
class Builder:
    """Puts a world into a specification; what is the same object is made once."""

    spec: mujoco.MjSpec = field(default_factory=mujoco.MjSpec)
    _materials: dict[int, str] = field(default_factory=dict)
    _meshes: dict[int, str] = field(default_factory=dict)
    _kept: list[object] = field(default_factory=list)
    lamps: dict[str, list[tuple[str, Part]]] = field(default_factory=dict)
    """The materials that are lights, by actor."""

    def material(self, surface: Material, own: str = "") -> str:
        """Return the name of a material; `own` makes one that nothing else shares."""
        key = hash((id(surface), own))
        if key not in self._materials:
            name = f"material{len(self._materials)}"
            made = self.spec.add_material(
                name=name,
                rgba=[*surface.rgb, surface.alpha],
                shininess=surface.shine,
                specular=surface.specular,
                emission=surface.emission,
            )
            if surface.picture is not None:
                made.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = self.texture(
                    f"picture{len(self._materials)}", surface
                )
            self._materials[key] = name
            self._kept.append(surface)
        return self._materials[key]

    def texture(self, name: str, surface: Material) -> str:
        """Add the picture of a material."""
        picture = np.ascontiguousarray(surface.picture)
        height, width = picture.shape[:2]
        self.spec.add_texture(
            name=name,
            type=mujoco.mjtTexture.mjTEXTURE_2D,
            width=width,
            height=height,
            nchannel=3,
            data=picture.tobytes(),
        )
        return name

    def part(self, to: mujoco.MjsBody, part: Part, own: str = "") -> None:
        """Add one part to a body."""
        mesh = self._meshes.get(id(part.mesh))
        if mesh is None:
            mesh = self._meshes[id(part.mesh)] = f"mesh{len(self._meshes)}"
            self._kept.append(part.mesh)
            made = self.spec.add_mesh(
                name=mesh,
                uservert=np.asarray(part.mesh.corners, np.float32).ravel().tolist(),
                userface=part.mesh.triangles.ravel().tolist(),
                inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,
                smoothnormal=part.smooth,
            )
            if part.mesh.uv is not None:
                uv = np.asarray(part.mesh.uv, np.float32) * (1, -1) + (0, 1)
                made.usertexcoord = uv.astype(np.float32).ravel().tolist()
                made.userfacetexcoord = part.mesh.triangles.ravel().tolist()
        lamp = f"{own}:{part.lamp}" if part.lamp else ""
        material = self.material(part.material, lamp)
        if part.lamp:
            self.lamps.setdefault(own, []).append((material, part))
        to.add_geom(type=mujoco.mjtGeom.mjGEOM_MESH, meshname=mesh, material=material, contype=0, conaffinity=0)

    def body(self, name: str, body: Body, at_m: tuple[float, float, float], yaw: float, *, moves: bool) -> None:
        """Add a thing."""
        to = self.spec.worldbody.add_body(name=name, pos=at_m, quat=yaw_turn(yaw)[0].tolist(), mocap=moves)
        for part in body.parts:
            self.part(to, part, name if moves else "")


def model_of(world: World, size: tuple[int, int]) -> tuple[mujoco.MjModel, Builder]:
    """Return a world's model, for pictures of a size (width, height) px, and who built it."""
    builder = Builder()
    spec = builder.spec
    spec.stat.extent = 1.0
    spec.stat.center = [0.0, 0.0, 0.0]
    spec.visual.map.znear = 0.5
    spec.visual.map.zfar = _FAR_M
    spec.visual.global_.offwidth, spec.visual.global_.offheight = size
    spec.visual.quality.offsamples = 0
    spec.worldbody.add_camera(name="camera", fovy=world.view.fov_deg)
    for k, fixture in enumerate(world.place.fixtures):
        builder.body(f"fixture:{k}", fixture.body, fixture.at_m, fixture.yaw, moves=False)
    for actor in world.actors:
        builder.body(ACTOR + actor.id, actor.body, (0.0, 0.0, _BELOW_M), 0.0, moves=True)
    return spec.compile(), builder
