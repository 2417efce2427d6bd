"""PyTorch's side of run.mjs: the programs beside it, with the card as the default device; a step ends when the card is done."""
import json
import os
import runpy
import sys

import torch

device = os.environ.get("SEGLOSS_TORCH_DEVICE", "cuda")
torch.set_default_device(device)

folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, folder)
import torch_server  # noqa: E402

serve = torch_server.serve


def serve_card(works, warm_up, answers={}):
    def finished(step):
        def run():
            step()
            if device == "cuda":
                torch.cuda.synchronize()

        return run

    works = {None: works} if callable(works) else works
    serve({name: finished(step) for name, step in works.items()}, max(warm_up, 3), answers)


torch_server.serve = serve_card
script = "networks_torch.py" if "network" in json.loads(sys.argv[1]) else "losses_torch.py"
runpy.run_path(os.path.join(folder, script))
