"""What the PyTorch sides share: each line of input, a number of steps, is answered with the median milliseconds of a step."""
import sys
import time


def serve(step, warm_up):
    for _ in range(warm_up):
        step()
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            step()
            times.append(1000 * (time.perf_counter() - start))
        print(sorted(times)[len(times) // 2], flush=True)
