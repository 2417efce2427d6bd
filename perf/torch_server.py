"""What the PyTorch sides share: each line of input, as {"steps": 3}, is answered with the median milliseconds of a step."""
import json
import sys
import time


def serve(works, warm_up, answers={}):
    """
    `works` is a step, or has steps by name, of which {"work": name} chooses one; `answers` has a function for any other key of a line. Times
    are on the wall and of the processor, all threads together.
    """
    if callable(works):
        works = {None: works}
    for step in works.values():
        for _ in range(warm_up):
            step()
    for line in sys.stdin:
        asked = json.loads(line)
        other = next((key for key in asked if key in answers), None)
        if other is not None:
            print(json.dumps(answers[other]()), flush=True)
            continue
        step = works[asked.get("work")]
        wall, processor = [], []
        for _ in range(asked["steps"]):
            begun, start = time.process_time(), time.perf_counter()
            step()
            wall.append(1000 * (time.perf_counter() - start))
            processor.append(1000 * (time.process_time() - begun))
        print(json.dumps({"milliseconds": median(wall), "processor": median(processor)}), flush=True)


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
