# HD95 of two masks by scipy, cut to their common box: distance maps, and k-d trees of the border pixels. Reads {"files", "shape"} as JSON, writes
# the versions, and of each way the value and its processor time in milliseconds.
import json
import sys
import time

import numpy as np
import scipy
from scipy import ndimage
from scipy.spatial import cKDTree

job = json.loads(sys.argv[1])
masks = [np.fromfile(file, dtype=np.uint8).reshape(job["shape"]) > 0 for file in job["files"]]


def borders():
    box = tuple(slice(at.min(), at.max() + 1) for at in np.where(masks[0] | masks[1]))
    cut = [np.pad(mask[box], 1) for mask in masks]
    return [mask & ~ndimage.binary_erosion(mask) for mask in cut]


def by_maps():
    a, b = borders()
    pairs = ((a, b), (b, a))
    return max(np.percentile(ndimage.distance_transform_edt(~to)[of], 95) for of, to in pairs)


def by_trees():
    a, b = (np.argwhere(border) for border in borders())
    return max(np.percentile(cKDTree(to).query(of)[0], 95) for of, to in ((a, b), (b, a)))


result = {"versions": f"numpy {np.__version__}, scipy {scipy.__version__}"}
for name, way in (("maps", by_maps), ("trees", by_trees)):
    times = []
    for _ in range(2):
        start = time.process_time()
        value = way()
        times.append(1000 * (time.process_time() - start))
    result[name] = {"value": value, "milliseconds": min(times)}
print(json.dumps(result))
