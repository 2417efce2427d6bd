# Counts the labels of pairs of masks with PIL and numpy: reads {"folder"} as JSON, writes the versions and the ratio of predicted to true pixels.
import json
import os
import sys

import numpy as np
import PIL
from PIL import Image

folder = json.loads(sys.argv[1])["folder"]


def mask(part, name):
    return np.asarray(Image.open(os.path.join(folder, part, name)))


truth = predicted = 0.0
overlaps = []
for name in sorted(os.listdir(os.path.join(folder, "gt"))):
    true, guess = mask("gt", name), mask("pred", name)
    counts, guessed = (np.bincount(one.ravel(), minlength=2) for one in (true, guess))
    overlaps.append(np.count_nonzero(true & guess))
    truth += counts[1] / true.size
    predicted += guessed[1] / guess.size
print(json.dumps({"versions": f"numpy {np.__version__}, PIL {PIL.__version__}", "ratio": predicted / truth}))
