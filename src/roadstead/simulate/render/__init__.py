"""Pictures of a world, by MuJoCo's off-screen renderer: `MUJOCO_GL=osmesa` (Debian's libosmesa6) or `egl`."""
