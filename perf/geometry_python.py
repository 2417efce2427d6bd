# Times scipy.ndimage and scikit-image on a mask: reads {"file", "shape", "rounds"} as JSON, writes versions and the medians of the CPU time in
# milliseconds. scikit-image has no distance transform of its own; it is left out where it is not installed.
import json
import statistics
import sys
import time

import numpy as np
import scipy
from scipy import ndimage

try:
    import skimage
    from skimage.measure import label
except ImportError:
    skimage = None

job = json.loads(sys.argv[1])
mask = np.fromfile(job["file"], dtype=np.uint8).reshape(job["shape"])


def median(work):
    for _ in range(3):
        work()
    times = []
    for _ in range(job["rounds"]):
        start = time.process_time()
        work()
        times.append(1000 * (time.process_time() - start))
    return statistics.median(times)


full = ndimage.generate_binary_structure(mask.ndim, mask.ndim)
outside = mask == 0
result = {
    "scipy": {
        "version": scipy.__version__,
        "components": median(lambda: ndimage.label(mask)),
        "components, diagonal": median(lambda: ndimage.label(mask, full)),
        "distance transform": median(lambda: ndimage.distance_transform_edt(outside)),
    }
}
if skimage is not None:
    result["scikit-image"] = {
        "version": skimage.__version__,
        "components": median(lambda: label(mask, connectivity=1)),
        "components, diagonal": median(lambda: label(mask, connectivity=mask.ndim)),
    }
print(json.dumps(result))
