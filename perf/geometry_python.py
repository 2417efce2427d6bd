# Times scipy.ndimage on a mask: reads {"file", "shape", "rounds"} as JSON, writes medians in milliseconds.
import json
import statistics
import sys
import time

import numpy as np
from scipy import ndimage

job = json.loads(sys.argv[1])
mask = np.fromfile(job["file"], dtype=np.uint8).reshape(job["shape"])


def median(work):
    work()
    times = []
    for _ in range(job["rounds"]):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def full():
    return ndimage.generate_binary_structure(mask.ndim, mask.ndim)


outside = mask == 0
print(
    json.dumps(
        {
            "components": median(lambda: ndimage.label(mask)),
            "components, diagonal": median(lambda: ndimage.label(mask, full())),
            "distance transform": median(lambda: ndimage.distance_transform_edt(outside)),
        }
    )
)
