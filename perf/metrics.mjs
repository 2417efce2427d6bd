// Processor time of surface metrics of large masks, which are the slow ones; HD95 next to SciPy and OpenCV.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { randomStream } from '@segloss/data';
import { boundaryIou, hd95, surfaceDice } from '@segloss/metrics';

import { findPython, processorTime, servePython } from './python.mjs';
import { environment, median, positiveInteger } from './side-by-side.mjs';

/** Two wavy blobs that fill most of the image, as long borders cost most. */
function blobs(shape) {
  const blob = (shift, radius) => {
    const at = new Array(shape.length);
    return Uint8Array.from({ length: sizeOf(shape) }, (_, i) => {
      let rest = i;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        at[axis] = (rest % shape[axis]) / shape[axis] - 0.5 + shift;
        rest = Math.floor(rest / shape[axis]);
      }
      const wave = 0.02 * Math.sin(40 * at[0]) * Math.cos(60 * at[at.length - 1]);
      return Math.hypot(...at) + wave < radius ? 1 : 0;
    });
  };
  return [blob(0, 0.45), blob(0.02, 0.43)];
}

/** Half of all pixels, at random: what an untrained network may predict, and the most border there is. */
function noise(shape) {
  return ['a', 'b'].map((name) => {
    const random = randomStream(`perf-${name}`);
    return Uint8Array.from({ length: sizeOf(shape) }, () => (random.uniform() < 0.5 ? 1 : 0));
  });
}

/** The first against noise: a blob of a prediction that is wrong everywhere else. */
const blobAndNoise = (shape) => [blobs(shape)[0], noise(shape)[1]];

const sizeOf = (shape) => shape.reduce((product, n) => product * n, 1);

const [PLANE, VOLUME] = [[1024, 2048], [128, 128, 128]]; // prettier-ignore
const CASES = {
  'blobs, 1024x2048': [blobs, PLANE],
  'blobs, 128x128x128': [blobs, VOLUME],
  'noise of 50 %, 1024x2048': [noise, PLANE],
  'noise of 50 %, 128x128x128': [noise, VOLUME],
  'blob and noise, 1024x2048': [blobAndNoise, PLANE],
  'blob and noise, 128x128x128': [blobAndNoise, VOLUME],
};

const METRICS = {
  'HD95, subvoxel': (truth, predicted, shape) => hd95(truth, predicted, { shape, elements: 'subvoxel' }),
  'surface Dice': (truth, predicted, shape) => surfaceDice(truth, predicted, { shape, tolerance: 2 }),
  'boundary IoU': (truth, predicted, shape) => boundaryIou(truth, predicted, { shape }),
};

/** Ways of Python, and what they are called. */
const WAYS = { maps: 'SciPy, distance maps', trees: 'SciPy, k-d trees', opencv: 'OpenCV, distance maps' };

export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '7' },
      python: { type: 'string' },
      only: { type: 'string', default: '' },
    },
  });
  const rounds = positiveInteger('metrics', 'rounds', values.rounds);
  const { cpu, node } = environment();
  console.log(`${cpu}; Node ${node}; least processor time (median) of ${rounds} rounds in turn, ms\n`);
  const cases = Object.entries(CASES).filter(([name]) => name.includes(values.only));
  if (cases.length === 0) throw new RangeError(`perf metrics: wanted --only as a part of one of ${Object.keys(CASES).join('; ')}, got ${values.only}`); // prettier-ignore
  const made = new Map(cases.map(([name, [make, shape]]) => [name, { shape, masks: make(shape) }])); // prettier-ignore
  await besidePython(made, rounds, values.python);
  if (values.only !== '') return;
  console.log(`\n| metric | ${[PLANE, VOLUME].map((shape) => `blobs, ${shape.join('x')}`).join(' | ')} |`);
  console.log('|---|---:|---:|');
  for (const [name, metric] of Object.entries(METRICS)) {
    const cells = [];
    for (const shape of [PLANE, VOLUME]) {
      const { masks } = made.get(`blobs, ${shape.join('x')}`);
      const times = [];
      for (let round = -2; round < rounds; round++) {
        const time = await processorTime(() => metric(...masks, shape), 1);
        if (round >= 0) times.push(time);
      }
      cells.push(figure(times));
    }
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}

/** Milliseconds from which a way of Python is measured once. */
const SLOW = 1000;

const figure = (list) => `${Math.min(...list).toFixed(0)} (${median(list).toFixed(0)})`;

/** Prints the time of HD95, next to those of SciPy and OpenCV where there is a python that has them. Throws unless all find the same. */
async function besidePython(cases, rounds, given) {
  const folder = mkdtempSync(join(tmpdir(), 'segloss-perf-'));
  const found = findPython(['cv2', 'numpy', 'scipy'], given);
  let python;
  try {
    if (found !== undefined) python = servePython(found, 'metrics_python.py', write(cases, folder));
    const rows = [];
    let versions;
    for (const [name, { masks, shape }] of cases) {
      const times = new Map(['ours', ...(python ? Object.keys(WAYS) : [])].map((way) => [way, []]));
      const slow = new Set();
      for (let round = -2; round < rounds; round++) {
        let value;
        const ours = await processorTime(() => (value = hd95(...masks, { shape })), 1);
        if (round >= 0) times.get('ours').push(ours);
        // Two rounds without counting are for our compiler, and one is enough for Python.
        if (python === undefined || round === -2) continue;
        for (const way of Object.keys(WAYS)) {
          if (slow.has(way) && round > 0) continue;
          const answer = await python.ask({ case: name, way });
          ({ versions } = answer);
          if (answer.value === null) continue;
          // OpenCV's distances are float32.
          if (!(Math.abs(answer.value - value) <= 1e-6 * (1 + value))) {
            throw new Error(`HD95 of ${name}: wanted that of ${WAYS[way]}, ${answer.value}, got ${value}`);
          }
          if (round >= 0) times.get(way).push(answer.milliseconds);
          if (answer.milliseconds > SLOW) slow.add(way);
        }
      }
      const cells = [...times.values()].map((list) => (list.length > 0 ? figure(list) : 'n/a'));
      const others = [...times].filter(([way, list]) => way !== 'ours' && list.length > 0).map(([, list]) => Math.min(...list)); // prettier-ignore
      const ratio = Math.min(...times.get('ours')) / Math.min(...others);
      rows.push(`| ${[name, ...cells, ...(python ? [ratio.toFixed(2)] : [])].join(' | ')} |`);
    }
    const head = ['HD95', 'segloss', ...(python ? [...Object.values(WAYS), 'ratio to the best'] : [])];
    if (versions) console.log(`${versions}\n`);
    console.log(`| ${head.join(' | ')} |\n|---${'|---:'.repeat(head.length - 1)}|\n${rows.join('\n')}`);
  } finally {
    python?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes the masks for Python. Returns the cases by their names. */
function write(cases, folder) {
  return Object.fromEntries(
    [...cases].map(([name, { masks, shape }], i) => {
      const files = masks.map((mask, j) => {
        const file = join(folder, `${i}-${j}`);
        writeFileSync(file, mask);
        return file;
      });
      return [name, { files, shape }];
    }),
  );
}
