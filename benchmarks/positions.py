"""Position reports: every part beside its peer, one after the other.

    python benchmarks/positions.py [ais] [jt808] [judging] [geofence]

Without names, all of them; each is a file of its own (`_positions_ais.py` and so on) that says what it compares and how, and writes
its table to results/. Bars: AIS lines in batch 8 times pyais and live as fast as pyais; JT/T 808 places 100,000 a second
one by one and 800,000 in batch; cleaning and judging 20 times movingpandas' OutlierCleaner; every anomaly together
40,000 AIS messages a second; the geofence half as fast as shapely's STRtree. Exit code 1 where a bar is missed.
"""

import subprocess
import sys
from pathlib import Path

PARTS = ("ais", "jt808", "judging", "geofence")


def main() -> int:
    wanted = sys.argv[1:] or PARTS
    missed = []
    for part in wanted:
        print(f"-- {part}", flush=True)
        file = Path(__file__).with_name(f"_positions_{part}.py")
        if subprocess.run([sys.executable, str(file)], check=False).returncode:
            missed.append(part)
    if missed:
        print(f"bars missed in: {', '.join(missed)}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
