"""Prints what torch.optim and its schedulers give for test/optimizers.test.ts: python3 optimizers.py > ../fixtures/torch-optim.json"""
import json
import torch

WEIGHTS = [1.0, -2.0, 3.0]
GRADIENTS = [[0.5, -1.0, 0.25], [-0.5, 2.0, 0.0], [1.0, 0.125, -3.0], [0.1, 0.2, 0.3]]
OPTIMIZERS = {
    'sgd': lambda p: torch.optim.SGD(p, lr=0.1),
    'sgd momentum': lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    'sgd nesterov': lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    'adam': lambda p: torch.optim.Adam(p, lr=0.1, eps=1e-7),
    'adam decay': lambda p: torch.optim.Adam(p, lr=0.1, eps=1e-8, betas=(0.8, 0.99), weight_decay=0.1),
    'adamw': lambda p: torch.optim.AdamW(p, lr=0.1, eps=1e-7, weight_decay=0.05),
}


def optimizer(make):
    weights = torch.nn.Parameter(torch.tensor(WEIGHTS, dtype=torch.float64))
    optim = make([weights])
    steps = []
    for gradient in GRADIENTS:
        weights.grad = torch.tensor(gradient, dtype=torch.float64)
        optim.step()
        steps.append(weights.tolist())
    return steps


def scheduler(make, steps):
    optim = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    schedule = make(optim)
    rates = []
    for _ in range(steps):
        rates.append(optim.param_groups[0]['lr'])
        optim.step()
        schedule.step()
    return rates


def plateau(metrics, **options):
    optim = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optim, **options)
    rates = []
    for metric in metrics:
        schedule.step(metric)
        rates.append(optim.param_groups[0]['lr'])
    return rates


METRICS = [0.5, 0.6, 0.6, 0.59, 0.6, 0.60001, 0.7, 0.1, 0.1, 0.1, 0.1, 0.1]
lr = torch.optim.lr_scheduler
print(json.dumps({
    'torch': torch.__version__,
    'weights': WEIGHTS,
    'gradients': GRADIENTS,
    'optimizers': {name: optimizer(make) for name, make in OPTIMIZERS.items()},
    'schedules': {
        'cosine, 12 steps, minimum 0.01': scheduler(lambda o: lr.CosineAnnealingLR(o, T_max=12, eta_min=0.01), 12),
        'poly, 12 steps, power 0.9': scheduler(lambda o: lr.PolynomialLR(o, total_iters=12, power=0.9), 12),
        'one-cycle, 12 steps': scheduler(lambda o: lr.OneCycleLR(o, max_lr=0.1, total_steps=12, cycle_momentum=False), 12),
        'step, every 2 of 6 epochs': scheduler(lambda o: lr.StepLR(o, step_size=2), 6),
    },
    'plateau': {
        'metrics': METRICS,
        'max': plateau(METRICS, mode='max', factor=0.5, patience=2),
        'min': plateau([1 - m for m in METRICS], mode='min', factor=0.1, patience=1, min_lr=0.0005),
    },
}, indent=1))
