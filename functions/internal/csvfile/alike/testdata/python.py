"""Reads files with Python's csv module. Each line of the input is a JSON object with the file's bytes in base64 and its
delimiter; each line of the output is {"rows": [...]}, or {"error": "..."}."""

import base64
import csv
import io
import json
import sys

for line in sys.stdin:
    file = json.loads(line)
    try:
        text = base64.b64decode(file["text"]).decode("utf-8")
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=file["delimiter"]) if row]
        print(json.dumps({"rows": rows}), flush=True)
    except (csv.Error, UnicodeDecodeError) as error:
        print(json.dumps({"error": type(error).__name__}), flush=True)
