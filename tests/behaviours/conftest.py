"""Makes the golden tracks importable: `from _golden import track, scene, watch`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
