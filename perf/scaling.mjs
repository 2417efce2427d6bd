// How the time of value and gradient of a loss grows with pixels and with classes, on wasm with our kernels, and how near it is to
// what moving the data alone takes. Each size has a process of its own.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { copyMilliseconds, environment, median, positiveInteger, serve } from './side-by-side.mjs';

const SIDES = [128, 256, 512, 1024, 2048];
const CLASSES = [1, 2, 3, 4, 8, 16, 19, 32, 64];

export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      loss: { type: 'string', default: 'ce + l1' },
      json: { type: 'string' },
    },
  });
  const rounds = positiveInteger('scaling', 'rounds', values.rounds);
  const about = environment();
  console.log(
    `${about.cpu}, ${about.cores} cores; Node ${about.node}; tfjs ${about.tfjs}; ${values.loss}, batch 1; medians of ${rounds} rounds\n`,
  );
  console.log('The limit is reading the logits twice and writing the gradient, at the speed of a copy.\n');
  const bySide = await table(
    SIDES.map((side) => ({ side, classes: 19 })),
    values.loss,
    rounds,
  );
  print(bySide, 'pixels, 19 classes', ({ side }) => `${side}x${side}`, 256);
  const byClasses = await table(
    CLASSES.map((classes) => ({ side: 512, classes })),
    values.loss,
    rounds,
  );
  print(byClasses, '512x512, classes', ({ classes }) => classes);
  if (values.json)
    writeFileSync(
      values.json,
      `${JSON.stringify({ ...about, loss: values.loss, rounds, bySide, byClasses }, null, 2)}\n`,
    );
}

/** Milliseconds of every size, which take turns; undefined where the memory does not suffice. */
async function table(sizes, loss, rounds) {
  const rows = sizes.map((size) => ({
    ...size,
    server: serve('scaling-worker.mjs', { contender: `${size.side}x${size.side}`, ...size, loss }),
    times: [],
  }));
  try {
    for (let round = 0; round < rounds; round++) {
      for (const { side, server, times } of rows) {
        const milliseconds = await server.measure(side > 512 ? 1 : 5);
        if (milliseconds !== undefined) times.push(milliseconds);
      }
    }
  } finally {
    for (const { server } of rows) server.stop();
  }
  return rows.map(({ side, classes, times }) => ({
    side,
    classes,
    milliseconds: times.length > 0 ? median(times) : undefined,
    limit: 1.5 * copyMilliseconds(side * side * classes),
  }));
}

function print(rows, title, name, unit) {
  const perPixel = ({ milliseconds, side }) => (1e6 * milliseconds) / side ** 2;
  const one = unit === undefined ? undefined : perPixel(rows.find(({ side }) => side === unit));
  const last = unit === undefined ? 'ns per pixel and class' : `per pixel / that of ${unit}x${unit}`;
  console.log(`| ${title} | ms | ns per pixel | ${last} | time / limit |\n|---|---:|---:|---:|---:|`);
  for (const row of rows) {
    if (row.milliseconds === undefined) {
      console.log(`| ${name(row)} | not enough memory | | | |`);
      continue;
    }
    const relative = one === undefined ? perPixel(row) / row.classes : perPixel(row) / one;
    console.log(
      `| ${name(row)} | ${row.milliseconds.toFixed(2)} | ${perPixel(row).toFixed(1)} | ${relative.toFixed(2)} | ${(row.milliseconds / row.limit).toFixed(1)} |`,
    );
  }
  console.log('');
}
