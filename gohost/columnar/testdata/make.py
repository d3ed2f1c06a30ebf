"""Writes the files of this directory, with pyarrow and DuckDB, as the tests expect them.

Row i of 40 has the time 2010-01-01T00:00:00Z + i hours, the value (i - 20) + 0.25 and the key "a", "b" or
"c" by i % 3. Columns that may lack values lack them where i % 7 is 3.

    pip install pyarrow duckdb && python3 make.py
"""
import datetime
import decimal
import os

import duckdb
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

os.chdir(os.path.dirname(os.path.abspath(__file__)))
ROWS = 40
seconds = [1262304000 + 3600 * i for i in range(ROWS)]
values = [i - 20 + 0.25 for i in range(ROWS)]
keys = ["abc"[i % 3] for i in range(ROWS)]


def gaps(items):
    return [None if i % 7 == 3 else item for i, item in enumerate(items)]


def times(unit, zone=None):
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    return pa.array([s * scale for s in seconds], pa.int64()).cast(pa.timestamp(unit, zone))


simple = pa.table({"timestamp": times("ms", "UTC"), "value": values, "station": keys})

# One file for each compression, page version and size of row groups.
for name in ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]:
    pq.write_table(simple, f"pyarrow-{name}.parquet", compression=name, row_group_size=16)
pq.write_table(simple, "pyarrow-v2.parquet", data_page_version="2.0", compression="zstd", data_page_size=64)
pq.write_table(
    simple, "pyarrow-delta.parquet", use_dictionary=False, compression="none", data_page_version="2.0",
    column_encoding={"timestamp": "DELTA_BINARY_PACKED", "value": "BYTE_STREAM_SPLIT", "station": "DELTA_BYTE_ARRAY"})
for version in "12":
    pq.write_table(
        simple, f"pyarrow-checksum-v{version}.parquet", write_page_checksum=True, data_page_version=f"{version}.0",
        compression="none", use_dictionary=["station"], row_group_size=16)

# All types of columns.
types = {
    "instant_ms": times("ms", "UTC"),
    "instant_us": times("us", "Europe/Berlin"),
    "instant_ns": times("ns", "UTC"),
    "local_us": times("us"),
    "date": pa.array([datetime.date(2010, 1, 1) + datetime.timedelta(i) for i in range(ROWS)]),
    "time_of_day": pa.array([i for i in range(ROWS)], pa.time32("s")).cast(pa.time32("ms")),
    "text": [datetime.datetime.fromtimestamp(s, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") for s in seconds],
    "seconds": pa.array(seconds, pa.int64()),
    "seconds_f64": pa.array(seconds, pa.float64()),
    "i8": pa.array([i - 20 for i in range(ROWS)], pa.int8()),
    "i16": pa.array([i - 20 for i in range(ROWS)], pa.int16()),
    "i32": pa.array([i - 20 for i in range(ROWS)], pa.int32()),
    "i64": pa.array([2**53 + i for i in range(ROWS)], pa.int64()),
    "u8": pa.array([255 - i for i in range(ROWS)], pa.uint8()),
    "u32": pa.array([2**32 - 1 - i for i in range(ROWS)], pa.uint32()),
    "u64": pa.array([2**64 - 1 - i for i in range(ROWS)], pa.uint64()),
    "f16": pa.array(values, pa.float16()),
    "f32": pa.array(values, pa.float32()),
    "f64": pa.array(values, pa.float64()),
    "gaps": pa.array(gaps(values), pa.float64()),
    "number_text": [repr(v) for v in values],
    "flag": pa.array([i % 2 == 0 for i in range(ROWS)]),
    "decimal9": pa.array([decimal.Decimal(i - 20) / 100 for i in range(ROWS)], pa.decimal128(9, 2)),
    "decimal18": pa.array([decimal.Decimal(i - 20) / 100 for i in range(ROWS)], pa.decimal128(18, 2)),
    "decimal38": pa.array([decimal.Decimal((i - 20) * 10**20 + 1) / 10**22 for i in range(ROWS)], pa.decimal128(38, 22)),
    "nested": pa.array([{"inner": {"value": None if i % 7 == 3 else v}, "a.b": i} for i, v in enumerate(values)]),
    "list": pa.array([[v, v] for v in values]),
    "key": pa.array(keys).dictionary_encode(),
    "key_gaps": pa.array(gaps(keys)),
}
pq.write_table(pa.table(types), "pyarrow-types.parquet", store_decimal_as_integer=True, compression="zstd", store_schema=False, write_statistics=False)
pq.write_table(pa.table({"timestamp": times("ns"), "value": values}), "pyarrow-int96.parquet", use_deprecated_int96_timestamps=True)

duckdb.sql(f"""
    COPY (SELECT to_timestamp(1262304000 + 3600 * i) AS timestamp, i - 20 + 0.25::DOUBLE AS value, ['a', 'b', 'c'][i % 3 + 1] AS station
          FROM range({ROWS}) t(i) ORDER BY i)
    TO 'duckdb.parquet' (FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd)""")

# Arrow's formats.
del types["nested"], types["list"]
ipc = pa.table(dict(types, seconds_ts=times("s", "UTC"), nested=pa.array([{"inner": {"value": v}} for v in values]),
                    view=pa.array(keys, pa.string_view()), large=pa.array(keys, pa.large_string()),
                    date64=types["date"].cast(pa.date64()), decimal256=types["decimal38"].cast(pa.decimal256(50, 22)),
                    list=pa.array([[v] for v in values])))
for name, options in {"none": None, "lz4": "lz4", "zstd": "zstd"}.items():
    options = pa.ipc.IpcWriteOptions(compression=options)
    table = ipc if name == "none" else simple.set_column(2, "station", pa.array(keys).dictionary_encode())
    with pa.ipc.new_stream(f"pyarrow-{name}.arrows", table.schema, options=options) as out:
        out.write_table(table, max_chunksize=16)
    with pa.ipc.new_file(f"pyarrow-{name}.arrow", table.schema, options=options) as out:
        out.write_table(table, max_chunksize=16)
