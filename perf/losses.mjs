// Value and gradient of losses by their logits: our fused kernels, the same losses of composed tfjs operations on wasm, and PyTorch
// (eager, one thread) where python3 (or --python) has it. They take turns; times are of the processor, and ratios of medians of this one run.
// Before that, value and gradient of all are compared: the inputs are the same. `--all` takes every loss that PyTorch's side has;
// `--against pytorch` leaves out the composed form, which takes a hundred times as long.
// With `--backend cpu` the same on tfjs's cpu backend, and our plain loops, which serve where WebAssembly has no SIMD.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import {
  copyMilliseconds,
  environment,
  median,
  positiveInteger,
  serve,
  serveTorch,
  torchVersion,
} from './side-by-side.mjs';

const LOSSES = ['ce', 'ce + l1', 'ce + l1(temperature=10)', 'dice', 'ce + dice', 'focal(activation=sigmoid)'];
/** The others that PyTorch's side has. */
const MORE = [
  'focal',
  'poly',
  'gce',
  'threshold-ce',
  'topk',
  'ohem',
  'ce(labelSmoothing=0.1)',
  'tversky(alpha=0.7,beta=0.3)',
  'mcc',
  'lovasz',
];

export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      size: { type: 'string', default: '512' },
      classes: { type: 'string', default: '19' },
      backend: { type: 'string', default: 'wasm' },
      loss: { type: 'string', multiple: true },
      all: { type: 'boolean', default: false },
      against: { type: 'string', multiple: true, default: ['composed', 'pytorch'] },
      json: { type: 'string' },
      python: { type: 'string', default: 'python3' },
    },
  });
  const [rounds, size, classes] = ['rounds', 'size', 'classes'].map((key) =>
    positiveInteger('losses', key, values[key]),
  );
  const { backend } = values;
  if (backend !== 'wasm' && backend !== 'cpu')
    throw new RangeError(`perf losses: wanted --backend wasm or cpu, got ${backend}`);
  const cpu = backend === 'cpu';
  const about = environment();
  const torch = values.against.includes('pytorch') ? torchVersion(values.python) : undefined;
  const composed = values.against.includes('composed');
  console.log(
    `${about.cpu}, ${about.cores} cores; Node ${about.node}; tfjs ${about.tfjs}; ${torch ? `PyTorch ${torch}` : 'no PyTorch found'}; ` +
      `${size}x${size}, ${classes} ${classes === 1 ? 'channel' : 'classes'}, batch 1; backend ${backend}; processor time, medians of ${rounds} rounds\n`,
  );
  const copy = copyMilliseconds(size * size * classes);
  console.log(`copying the logits once takes ${copy.toFixed(1)} ms\n`);
  console.log(
    cpu
      ? ''
      : 'memory is the most of the wasm heap that a step takes beyond labels, logits and gradient, as a share of the logits\n',
  );
  console.log(
    '| loss | ours, ms | composed, ms | PyTorch, ms | ours / composed | ours / PyTorch | of least times |' +
      (cpu
        ? ' plain loops, ms | plain loops / PyTorch |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|'
        : ' memory, ours | memory, composed |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|'),
  );
  const results = [];
  for (const loss of values.loss ?? (values.all ? [...LOSSES, ...MORE] : LOSSES)) {
    const result = await measure({ loss, size, classes, backend }, rounds, {
      composed,
      python: torch && values.python,
    });
    results.push(result);
    const { ours, pytorch, loops, memory, least } = result;
    const ratio = (other, of = ours) => (other === undefined ? '-' : (of / other).toFixed(3));
    const figure = (ms) => ms?.toFixed(1) ?? '-';
    const percent = (share) => (share === undefined ? '-' : `${(100 * share).toFixed(1)} %`);
    const more = cpu
      ? `${loops.toFixed(1)} | ${ratio(pytorch, loops)}`
      : `${percent(memory.ours)} | ${percent(memory.composed)}`;
    console.log(
      `| ${loss} | ${figure(ours)} | ${figure(result.composed)} | ${figure(pytorch)} | ${ratio(result.composed)} | ${ratio(pytorch)} | ${ratio(least.pytorch, least.ours)} | ${more} |`,
    );
  }
  if (values.json)
    writeFileSync(
      values.json,
      `${JSON.stringify({ ...about, torch, backend, rounds, size, classes, copy, results }, null, 2)}\n`,
    );
}

async function measure(one, rounds, { composed, python }) {
  const contenders = {
    ours: serve('losses-worker.mjs', { contender: 'ours', ...one }),
    ...(composed && { composed: serve('losses-worker.mjs', { contender: 'composed', ...one }) }),
    ...(one.backend === 'cpu' && { loops: serve('losses-worker.mjs', { contender: 'loops', ...one }) }),
    ...(python && { pytorch: serveTorch('losses_torch.py', one, python) }),
  };
  const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  const memory = {};
  try {
    await compare(one.loss, contenders);
    // What the typed arrays of the cpu backend take is not the heap's.
    for (const name of one.backend === 'cpu' ? [] : ['ours', ...(composed ? ['composed'] : [])])
      memory[name] = (await contenders[name].ask({ memory: true })).shareOfLogits;
    for (let round = 0; round < rounds; round++) {
      for (const [name, contender] of Object.entries(contenders))
        // The composed form takes seconds: one step is a measure.
        times[name].push((await contender.time(name === 'composed' ? 1 : 5)).processor);
    }
  } finally {
    for (const contender of Object.values(contenders)) contender.stop();
  }
  return {
    loss: one.loss,
    memory,
    // Where other machines share the processor, times come in phases: the least ones are of the undisturbed.
    least: Object.fromEntries(Object.entries(times).map(([name, all]) => [name, Math.min(...all)])),
    ...Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)])),
  };
}

/** Throws unless all contenders find the same value and gradient: times of different things are not compared. */
async function compare(loss, contenders) {
  const found = {};
  for (const [name, contender] of Object.entries(contenders))
    found[name] = await contender.ask({ check: true });
  for (const [name, { value, gradient }] of Object.entries(found)) {
    const { ours } = found;
    const near = (a, b) => Math.abs(a - b) <= 1e-4 * Math.abs(b);
    if (!near(value, ours.value) || !near(gradient, ours.gradient))
      throw new Error(
        `perf losses: wanted the same ${loss} of all, got value ${value} and gradient ${gradient} of ${name}, ` +
          `and ${ours.value} and ${ours.gradient} of ours`,
      );
  }
}
