"""Checks this evidence with Python's standard library alone: python3 check.py

Computes the chain of summaries and the delivered capacity anew, and says what doesn't agree. It reads the
files beside it and nothing else.
"""

import csv
import hashlib
import json
import statistics
import sys


def check_chain() -> tuple[str, list[str]]:
    """Every link follows the one before it, and every summary is the one that was linked."""
    wrong: list[str] = []
    digests: dict[int, str] = {}
    previous, number = "", 0
    with open("chain.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if int(row["number"]) != number + 1:
                wrong.append(f"chain.csv: links {number + 1} to {int(row['number']) - 1} are missing")
            elif row["previous"] != previous:
                wrong.append(f"chain.csv: link {row['number']} doesn't follow the one before it")
            number, previous = int(row["number"]), row["sha256"]
            digests[number] = previous
    bodies = 0
    with open("summaries.jsonl", encoding="utf-8", newline="\n") as file:
        for line in file:
            body = line.removesuffix("\n")
            linked = json.loads(body)["chain"]["number"]
            if hashlib.sha256(body.encode()).hexdigest() != digests.get(linked):
                wrong.append(f"summaries.jsonl: summary {linked} isn't the one that was linked")
            bodies += 1
    head = f"head {number} {previous}" if number else "no link yet"
    return f"chain: {len(digests)} links, {bodies} summaries of these days, {head}", wrong


def check_delivered() -> tuple[str, list[str]]:
    """The medians of the trusted tests are those that are told."""
    wrong: list[str] = []
    words: list[str] = []
    with open("tests.csv", newline="", encoding="utf-8") as file:
        tests = list(csv.DictReader(file))
    for test in tests:
        if (test["trusted"] == "yes") != (test["outcome"] == "ok" and not test["flags"]):
            wrong.append(f"tests.csv: {test['id']}: outcome and flags don't say trusted {test['trusted']}")
    with open("figures.json", encoding="utf-8") as file:
        told = {one["way"]: one["median_mbps"] for one in json.load(file)["delivered"]}
    for way in ("down", "up"):
        found = [float(t[f"{way}_mbps"]) for t in tests if t["trusted"] == "yes" and t[f"{way}_mbps"]]
        middle = round(statistics.median(found), 6) if found else None
        words.append(f"{middle} Mbps {way}")
        if middle != told[way]:
            wrong.append(f"figures.json: delivered {way} is {told[way]}, the median of tests.csv is {middle}")
    trusted = sum(test["trusted"] == "yes" for test in tests)
    return f"delivered: {', '.join(words)}, medians of {trusted} trusted tests of {len(tests)}", wrong


def main() -> int:
    faults: list[str] = []
    for words, wrong in (check_chain(), check_delivered()):
        print(words)
        faults += wrong
    print("\n".join(f"WRONG {fault}" for fault in faults) or "all agrees")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
