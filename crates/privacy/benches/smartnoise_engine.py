"""Distinct devices by sensor and hour, by SmartNoise SQL over pandas, for the benchmark beside this file.

Arguments: a CSV of hour, sensor and device; epsilon; delta; in how many cells a device counts. Prints the seconds of the one
question, and by how much its numbers are off on average. An hour is a slot there: `hour` is a word of its language.
The keys are public, as they are in a release: nothing is censored.
"""

import sys
import time

try:
    import pandas
    import snsql
except ImportError:
    sys.exit(3)

path, epsilon, delta, cells = sys.argv[1:5]
seen = pandas.read_csv(path).rename(columns={"hour": "slot"})
hours, sensors = sorted(seen["slot"].unique()), sorted(seen["sensor"].unique())
columns = {"slot": {"type": "int"}, "sensor": {"type": "int"}, "device": {"type": "int", "private_id": True}}
table = {"row_privacy": False, "max_ids": int(cells), "sample_max_ids": True, "censor_dims": False, "clamp_counts": False}
metadata = {"": {"public": {"seen": {**table, "rows": len(seen), **columns}}}}
reader = snsql.from_df(seen, privacy=snsql.Privacy(epsilon=float(epsilon), delta=float(delta)), metadata=metadata)
begun = time.perf_counter()
rows = reader.execute("SELECT slot, sensor, COUNT(DISTINCT device) AS n FROM public.seen GROUP BY slot, sensor")
took = time.perf_counter() - begun
shown = {(int(hour), int(sensor)): float(n) for hour, sensor, n in rows[1:]}
truth = seen.groupby(["slot", "sensor"])["device"].nunique()
off = [abs(shown.get((hour, sensor), 0.0) - float(truth.get((hour, sensor), 0))) for hour in hours for sensor in sensors]
print(took, sum(off) / len(off))
