"""What the programs of this folder share: the input of the tests, and files of weights."""
import json
import struct

import numpy as np


def image(height, width):
    """That of torchInput() of networks.ts, channels first."""
    values = np.arange(2 * height * width * 3) * 7919 % 8191 / 4096 - 1
    return values.astype(np.float32).astype(np.float64).reshape(2, height, width, 3).transpose(0, 3, 1, 2)


def save(path, tensors):
    header, data = {}, b""
    for name, values in tensors.items():
        bytes_ = np.ascontiguousarray(values).tobytes()
        dtype = {np.dtype(np.float16): "F16", np.dtype(np.float32): "F32"}[values.dtype]
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(bytes_)]}
        data += bytes_
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
