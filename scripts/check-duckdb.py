"""Runs the commands of docs/duckdb.md, with DuckDB for Python and a built pipeline.

    pip install duckdb && go build -o dist/pipeline ./gohost/cmd/pipeline && python3 scripts/check-duckdb.py dist/pipeline
"""
import math
import os
import re
import subprocess
import sys
import tempfile

import duckdb

program = os.path.abspath(sys.argv[1])
guide = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../docs/duckdb.md"), encoding="utf-8").read()
with tempfile.TemporaryDirectory() as directory:
    os.chdir(directory)
    os.symlink(program, "pipeline")
    os.environ["PATH"] = directory + os.pathsep + os.environ["PATH"]
    with open("readings.csv", "w", encoding="utf-8") as out:
        out.write("taken,temperature,station\n")
        for hour in range(24 * 30):
            for station in "ab":
                out.write(f"2010-01-{hour // 24 + 1:02}T{hour % 24:02}:00:00Z,{math.sin(hour) * 10 + ord(station) % 7},{station}\n")
    with open("stations.csv", "w", encoding="utf-8") as out:
        out.write("id,name\na,North\nb,South\n")
    for language, block in re.findall(r"^```(sh|sql)\n(.*?)^```", guide, re.M | re.S):
        if language == "sh":
            print(subprocess.run(["bash", "-euc", block], check=True, capture_output=True, text=True).stdout)
            continue
        for statement in block.split(";\n"):
            if statement.strip():
                print(statement)
                result = duckdb.sql(statement)
                print(result)
                if "EXCEPT" in statement:
                    assert duckdb.sql(statement).fetchall() == [(0,)], "rows differ"
