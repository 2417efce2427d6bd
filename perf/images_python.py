"""OpenCV's and NumPy's side of images.mjs, on one thread. Each line of input, {"task", "repeats"}, is answered with the processor time of one
repetition in milliseconds; with {"task", "to"} the result is written to that file as float32."""
import json
import sys
import time

import cv2
import numpy as np

cv2.setNumThreads(1)
job = json.loads(sys.argv[1])
height, width = job["small"]


def image(path):
    return cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB).astype(np.float32) * np.float32(1 / 255)


def mask(path):
    return (cv2.imread(path, cv2.IMREAD_GRAYSCALE) > 127).astype(np.uint8)


def small(path):
    pixels = cv2.resize(cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB), (width, height), interpolation=cv2.INTER_AREA)
    return pixels.astype(np.float32) * np.float32(1 / 255)


def small_mask(path):
    return cv2.resize(mask(path), (width, height), interpolation=cv2.INTER_NEAREST)


def resized(sample):
    pixels, labels = sample
    return (
        cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA),
        cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST),
    )


def changed(sample):
    """Flips, turns and enlarges about the center, and raises to a power; black and ignored beyond the edges."""
    pixels, labels = (cv2.flip(part, 1) for part in sample)
    size = labels.shape[::-1]
    # The centers of pixels are at whole numbers here.
    about = ((size[0] - 1) / 2, (size[1] - 1) / 2)
    turn = cv2.getRotationMatrix2D(about, job["rotate"], job["scale"])
    pixels = cv2.warpAffine(pixels, turn, size, flags=cv2.INTER_LINEAR)
    labels = cv2.warpAffine(labels, turn, size, flags=cv2.INTER_NEAREST, borderValue=255)
    return np.power(pixels, np.float32(job["gamma"])), labels


full = (image(job["image"]), mask(job["mask"]))
square = tuple(
    np.fromfile(job["square"][name], dtype=kind).reshape(job["side"], job["side"], -1).squeeze()
    for name, kind in (("image", np.float32), ("mask", np.uint8))
)
TASKS = {
    "read": lambda: image(job["image"]),
    "read mask": lambda: mask(job["mask"]),
    "load": lambda: (image(job["image"]), mask(job["mask"])),
    "load small": lambda: (small(job["image"]), small_mask(job["mask"])),
    "resize": lambda: resized(full),
    "augment": lambda: changed(square),
}

for line in sys.stdin:
    asked = json.loads(line)
    task = TASKS[asked["task"]]
    if "to" in asked:
        result = task()
        (result[0] if isinstance(result, tuple) else result).astype(np.float32).tofile(asked["to"])
        print(json.dumps({"versions": f"OpenCV {cv2.__version__}, NumPy {np.__version__}"}), flush=True)
        continue
    start = time.process_time()
    for _ in range(asked["repeats"]):
        task()
    print(json.dumps({"milliseconds": 1000 * (time.process_time() - start) / asked["repeats"]}), flush=True)
