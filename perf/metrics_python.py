"""HD95 of two masks by SciPy and OpenCV, cut to their common box: distance maps of both, and k-d trees of the border pixels. Each line of input,
{"case", "way"}, is answered with the value and its processor time in milliseconds, null if the way is not for so many axes."""
import json
import sys
import time

import cv2
import numpy as np
import scipy
from scipy import ndimage
from scipy.spatial import cKDTree

cv2.setNumThreads(1)
cases = {
    name: [np.fromfile(file, dtype=np.uint8).reshape(case["shape"]) for file in case["files"]]
    for name, case in json.loads(sys.argv[1]).items()
}


def cut(masks):
    together = masks[0] | masks[1]
    axes = range(together.ndim)
    sides = [np.flatnonzero(together.any(axis=tuple(a for a in axes if a != axis))) for axis in axes]
    box = tuple(slice(at[0], at[-1] + 1) for at in sides)
    return [np.pad(mask[box], 1) for mask in masks]


def borders(masks):
    return [(mask > 0) & ~ndimage.binary_erosion(mask) for mask in cut(masks)]


def between(a, b, distances):
    return max(np.percentile(distances(to)[of], 95) for of, to in ((a, b), (b, a)))


def by_maps(masks):
    return between(*borders(masks), lambda border: ndimage.distance_transform_edt(~border))


def by_opencv(masks):
    if masks[0].ndim != 2:
        return None
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    a, b = (cv2.subtract(mask, cv2.erode(mask, cross)) > 0 for mask in cut(masks))
    far = lambda border: cv2.distanceTransform((~border).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return between(a, b, far)


def by_trees(masks):
    a, b = (np.argwhere(border) for border in borders(masks))
    return max(np.percentile(cKDTree(to).query(of)[0], 95) for of, to in ((a, b), (b, a)))


WAYS = {"maps": by_maps, "opencv": by_opencv, "trees": by_trees}
VERSIONS = f"NumPy {np.__version__}, SciPy {scipy.__version__}, OpenCV {cv2.__version__}"

for line in sys.stdin:
    asked = json.loads(line)
    start = time.process_time()
    value = WAYS[asked["way"]](cases[asked["case"]])
    milliseconds = 1000 * (time.process_time() - start)
    print(json.dumps({"versions": VERSIONS, "value": None if value is None else float(value), "milliseconds": milliseconds}), flush=True)
