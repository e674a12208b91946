"""A world as a MuJoCo model: every part a mesh, every actor a body that is put where it is in each picture."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from roadstead.simulate.optional import mujoco
from roadstead.simulate.render.light import Look
from roadstead.simulate.world.body import Body, Lamp, Material, Part
from roadstead.simulate.world.motion import yaw_turn
from roadstead.simulate.world.solids import quad
from roadstead.simulate.world.world import Ground, World
from roadstead.types import Image

NEAR_M = 0.5
FAR_M = 8000.0
"""What lies nearer or farther is not drawn."""
SHADOW_PX = 2048
_BELOW_M = -1000.0
"""Where actors are kept that are not in the world."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A compiled world: the engine's model; of each actor its mocap body and its lamps' materials; of each geom whose it is.

    `owner` (geoms,) holds 0 for scenery and k + 1 for the world's actor k; `emission` what each material gives of its own.
    """

    engine: "mujoco.MjModel"
    mocap: npt.NDArray[np.int32]
    lamps: tuple[tuple[tuple[Lamp, int], ...], ...]
    owner: npt.NDArray[np.int32]
    emission: npt.NDArray[np.float32]


@dataclass(slots=True, eq=False)
class _Builder:
    """Puts a world into a specification; what is the same object is made once."""

    spec: "mujoco.MjSpec" = field(default_factory=mujoco.MjSpec)
    pictures: list[Image] = field(default_factory=list)
    lamps: dict[str, list[tuple[Lamp, str]]] = field(default_factory=dict)
    _materials: dict[tuple[int, str], str] = field(default_factory=dict)
    _textures: dict[int, str] = field(default_factory=dict)
    _meshes: dict[tuple[int, bool], str] = field(default_factory=dict)
    _kept: list[object] = field(default_factory=list)

    def material(self, surface: Material, own: str = "") -> str:
        """Return the name of a material; `own` makes one that nothing else shares."""
        key = (id(surface), own)
        if key not in self._materials:
            name = self._materials[key] = f"material{len(self._materials)}"
            self._kept.append(surface)
            made = self.spec.add_material(
                name=name,
                rgba=[*surface.rgb, surface.alpha],
                shininess=surface.shine,
                specular=surface.specular,
                emission=surface.emission,
            )
            if surface.picture is not None:
                made.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = self.texture(surface.picture)
        return self._materials[key]

    def texture(self, picture: Image) -> str:
        """Return the name of a picture's texture; its pixels are filled in after compiling, which is far faster."""
        if id(picture) not in self._textures:
            name = self._textures[id(picture)] = f"texture{len(self.pictures)}"
            self.pictures.append(picture)
            self.spec.add_texture(
                name=name,
                type=mujoco.mjtTexture.mjTEXTURE_2D,
                builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
                width=picture.shape[1],
                height=picture.shape[0],
                nchannel=3,
            )
        return self._textures[id(picture)]

    def mesh(self, part: Part) -> str:
        """Return the name of a part's mesh."""
        key = (id(part.mesh), part.smooth)
        if key not in self._meshes:
            name = self._meshes[key] = f"mesh{len(self._meshes)}"
            self._kept.append(part.mesh)
            faces = part.mesh.triangles.ravel().tolist()
            made = self.spec.add_mesh(
                name=name,
                uservert=np.asarray(part.mesh.corners, np.float32).ravel().tolist(),
                userface=faces,
                inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,
                smoothnormal=part.smooth,
            )
            if part.mesh.uv is not None:
                made.usertexcoord = (np.asarray(part.mesh.uv) * (1, -1) + (0, 1)).astype(np.float32).ravel().tolist()
                made.userfacetexcoord = faces
        return self._meshes[key]

    def body(self, name: str, body: Body, at_m: tuple[float, float, float], yaw: float, *, moves: bool) -> None:
        """Add a thing."""
        to = self.spec.worldbody.add_body(name=name, pos=at_m, quat=yaw_turn(yaw)[0].tolist(), mocap=moves)
        for part in body.parts:
            own = f"{name}/{part.lamp}" if part.lamp and moves else ""
            material = self.material(part.material, own)
            if own and part.lamp:
                self.lamps.setdefault(name, []).append((part.lamp, material))
            self.geom(to, self.mesh(part), material)

    def ground(self, piece: Ground) -> None:
        """Add a piece of ground."""
        x0, y0, x1, y1 = piece.extent_m
        corners = np.array([(x0, y0, 0.0), (x1, y0, 0.0), (x1, y1, 0.0), (x0, y1, 0.0)])
        surface = Material(picture=piece.picture, shine=0.0, specular=0.0)
        self._kept.append(surface)
        to = self.spec.worldbody.add_body(pos=(0.0, 0.0, piece.height_m))
        self.geom(to, self.mesh(Part(quad(corners), surface)), self.material(surface))

    @staticmethod
    def geom(to: "mujoco.MjsBody", mesh: str, material: str) -> None:
        to.add_geom(type=mujoco.mjtGeom.mjGEOM_MESH, meshname=mesh, material=material, contype=0, conaffinity=0)


def model_of(world: World, size: tuple[int, int], look: Look) -> Model:
    """Return a world's model for pictures of a size (width, height) px; lit as a look says."""
    builder = _Builder()
    spec = builder.spec
    spec.stat.extent = 1.0
    spec.stat.center = [0.0, 0.0, 0.0]
    spec.visual.map.znear, spec.visual.map.zfar = NEAR_M, FAR_M
    spec.visual.global_.offwidth, spec.visual.global_.offheight = size
    spec.visual.quality.offsamples, spec.visual.quality.shadowsize = 0, SHADOW_PX
    spec.worldbody.add_camera(name="camera", fovy=world.view.fov_deg)
    spec.visual.headlight.active = 1
    spec.visual.headlight.ambient, spec.visual.headlight.diffuse = look.ambient, (0.0, 0.0, 0.0)
    spec.visual.headlight.specular = (0.0, 0.0, 0.0)
    spec.worldbody.add_light(
        name="sun",
        type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
        dir=[-v for v in look.to_sun] if look.shadows else (0.15, 0.25, -0.95),
        diffuse=look.sun,
        specular=look.sun if look.shadows else (0.0, 0.0, 0.0),
        ambient=(0.0, 0.0, 0.0),
        castshadow=look.shadows,
    )
    for piece in world.place.grounds:
        builder.ground(piece)
    for k, fixture in enumerate(world.place.fixtures):
        builder.body(f"fixture:{k}", fixture.body, fixture.at_m, fixture.yaw, moves=False)
    names = [f"actor:{k}" for k in range(len(world.actors))]
    for name, actor in zip(names, world.actors, strict=True):
        builder.body(name, actor.body, (0.0, 0.0, _BELOW_M), 0.0, moves=True)
    engine = spec.compile()
    for k, picture in enumerate(builder.pictures):
        start = engine.tex_adr[k]
        engine.tex_data[start : start + picture.size] = picture.ravel()
    bodies = np.array([engine.body(name).id for name in names], np.int32)
    owner = np.zeros(engine.nbody, np.int32)
    owner[bodies] = np.arange(1, len(bodies) + 1)
    return Model(
        engine,
        np.asarray(engine.body_mocapid[bodies], np.int32),
        tuple(tuple((lamp, engine.material(m).id) for lamp, m in builder.lamps.get(name, ())) for name in names),
        owner[engine.geom_bodyid],
        engine.mat_emission.copy(),
    )
