import { packBytes } from '../src/benchmark/codec.js';
import { stamp, type Event, type Scores } from '../src/benchmark/events.js';
import { runId } from '../src/benchmark/summary.js';

const side = 16;
const truth = Uint8Array.from({ length: side * side }, (_, i) => (i % side < 4 && i < 4 * side ? 1 : 0));
const predicted = Uint8Array.from({ length: side * side }, (_, i) => (i % side < 3 && i < 5 * side ? 1 : 0));
const image = Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 7) % 256);

/** Scores of a two-class data set whose foreground is 1/16 of the pixels. */
export function scores(dice: number, ratio: number): Scores {
  const iou = dice / (2 - dice);
  const q = 1 / 16;
  const distance = dice > 0 ? 2 / dice : 22.6;
  return {
    dice: [0.99, dice],
    iou: [0.98, iou],
    hd95: [NaN, distance],
    meanDice: dice,
    meanIou: iou,
    meanHd95: distance,
    truth: [1 - q, q],
    soft: [1 - q * ratio, q * ratio],
    hard: [1 - q * ratio, q * ratio],
  };
}

/** The part of the scores that every epoch has. */
function pixelScores({ dice, iou, meanDice, meanIou, truth, soft, hard }: Scores) {
  return { dice, iou, meanDice, meanIou, truth, soft, hard };
}

/** The events of an experiment with three losses and two seeds; the last loss diverged on seed 1. */
export function fixtureEvents(): Event[] {
  const specs = ['ce', 'dice', 'ce + l1(temperature=10)'];
  const events: Event[] = [
    stamp({
      type: 'experiment.start',
      command: 'segloss demo',
      environment: { node: 'v20' },
      data: {
        name: 'blobs <b>',
        description: 'seeded blobs',
        classes: ['background', 'lesion'],
        train: 4,
        val: 2,
        height: side,
        width: side,
        channels: 1,
        trainTruth: [15 / 16, 1 / 16],
        valTruth: [15 / 16, 1 / 16],
      },
      settings: {
        seeds: [0, 1],
        epochs: 3,
        batchSize: 2,
        learningRate: 0.01,
        widths: [4, 8],
        norm: 'none',
        backend: 'auto',
        jobs: 2,
      },
      losses: specs.map((spec) => ({ spec, sources: [] })),
      trivial: [{ name: 'all background', scores: scores(0, 0) }],
      penalties: specs.map((spec, i) => ({
        spec,
        truth: 1 / 16,
        points: [0.01, 1 / 16, 0.2, 0.9].map((p): [number, number] => [p, (i + 1) * Math.abs(p - 1 / 16)]),
        argmin: 1 / 16,
        unknown: [],
      })),
      cases: [
        {
          id: 'case-1',
          region: 'smallest "lesion"',
          proportion: 1 / 16,
          image: packBytes(image),
          truth: packBytes(truth),
        },
      ],
    }),
  ];
  for (const seed of [0, 1]) {
    specs.forEach((spec, index) => {
      const identity = { run: runId(spec, seed), spec, seed };
      events.push(
        stamp({
          type: 'run.start',
          ...identity,
          backend: { name: 'cpu', reason: 'asked for' },
          parameters: 100,
        }),
      );
      const diverged = index === 2 && seed === 1;
      for (let epoch = 0; epoch < (diverged ? 1 : 3); epoch++) {
        const now = scores(0.2 * (epoch + 1) + 0.02 * seed, 1 - index * 0.3 + epoch * 0.1);
        events.push(
          stamp({
            type: 'epoch',
            ...identity,
            epoch,
            seconds: 1,
            loss: 1 / (epoch + 1),
            terms:
              index === 2 ? { ce: 0.5 / (epoch + 1), l1: 0.5 / (epoch + 1) } : { [spec]: 1 / (epoch + 1) },
            val: { ...pixelScores(now), loss: 1.1 / (epoch + 1), terms: {} },
          }),
        );
      }
      events.push(
        stamp(
          diverged
            ? {
                type: 'run.end',
                ...identity,
                status: 'diverged',
                seconds: 1,
                message: 'term l1 is NaN at epoch 1',
              }
            : {
                type: 'run.end',
                ...identity,
                status: 'ok',
                seconds: 3,
                scores: scores(0.6 + 0.1 * index + 0.02 * seed, [0.5, 1.5, 1][index]!),
                predictions: [packBytes(predicted)],
              },
        ),
      );
    });
  }
  events.push(stamp({ type: 'experiment.end', seconds: 12, interrupted: false }));
  return events;
}
