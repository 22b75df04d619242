"""One question of DuckDB over rows that it has in its memory, for the benchmark beside this file.

Arguments: a CSV, a question, threads, rounds. Prints the middle of the rounds in milliseconds, the number of rows and the sum
of their second column. The clock runs for the question alone.
"""

import statistics
import sys
import time

try:
    import duckdb
except ImportError:
    sys.exit(3)

path, question, threads, rounds = sys.argv[1:5]
connection = duckdb.connect(":memory:", config={"threads": int(threads)})
connection.execute(
    "CREATE TABLE seen AS SELECT sensor::UINTEGER AS sensor, tag::BIGINT AS tag, moment::BIGINT AS moment FROM read_csv(?)", [path]
)
took = []
for _ in range(int(rounds)):
    begun = time.perf_counter()
    rows = connection.execute(question).fetchall()
    took.append((time.perf_counter() - begun) * 1e3)
print(statistics.median(took), len(rows), sum(row[1] for row in rows))
