"""What the programs of this folder share: the input of the tests, and files of weights."""

import gzip
import json
import struct

import torch

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64}


def image(height, width):
    """That of torchInput() of networks.ts, channels first."""
    values = (torch.arange(2 * height * width * 3) * 7919) % 8191
    return (values.float() / 4096 - 1).reshape(2, height, width, 3).permute(0, 3, 1, 2).contiguous()


def save(path, tensors):
    """The safetensors format: length of the header, header, data. A path that ends with .gz is compressed."""
    header, chunks, end = {}, [], 0
    for name, tensor in tensors.items():
        kind = next(key for key, value in DTYPES.items() if value == tensor.dtype)
        raw = tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [end, end + len(raw)]}
        chunks.append(raw)
        end += len(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    content = b"".join([struct.pack("<Q", len(text)), text, *chunks])
    with open(path, "wb") as file:
        file.write(gzip.compress(content, 9, mtime=0) if path.endswith(".gz") else content)


def load(path):
    """The tensors of a compressed file."""
    with gzip.open(path) as file:
        content = bytearray(file.read())
    (size,) = struct.unpack("<Q", content[:8])
    tensors = {}
    for name, entry in json.loads(content[8 : 8 + size]).items():
        start, end = (8 + size + at for at in entry["data_offsets"])
        tensor = torch.frombuffer(content[start:end], dtype=DTYPES[entry["dtype"]])
        tensors[name] = tensor.reshape(entry["shape"])
    return tensors
