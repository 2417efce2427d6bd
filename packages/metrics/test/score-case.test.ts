import { describe, expect, it } from '@jest/globals';
import { hd95, scoreCase, summarizeCases, type CaseScore, type ScoreCaseOptions } from '@segloss/metrics';
import { numbers } from '@segloss/testing';

const classes = ['background', 'lesion'];
const base: ScoreCaseOptions = {
  id: 'a',
  truth: [0, 1, 1, 0],
  predicted: [0, 1, 0, 0],
  shape: [2, 2],
  classes,
};

describe('scoreCase', () => {
  it('counts pixels, probabilities and scores of each class', () => {
    const {
      id,
      ignored,
      classes: scores,
    } = scoreCase({
      ...base,
      truth: [0, 1, 1, 255, 2, 2],
      predicted: [0, 1, 2, 1, 2, 0],
      probabilities: [0.5, 0.25, 0.25, 0.25, 0.5, 0.25, 0, 0.25, 0.75, 0, 1, 0, 0, 0, 1, 0.75, 0, 0.25],
      shape: [2, 3],
      classes: ['background', 'left', 'right'],
    });
    expect([id, ignored]).toEqual(['a', 1]);
    expect(scores.map((s) => [s.pixels, s.target, s.predicted, s.overlap])).toEqual([
      [5, 1, 2, 1],
      [5, 2, 1, 1],
      [5, 2, 2, 1],
    ]);
    // By hand, without the fourth pixel: background 0.5+0.25+0+0+0.75, left 0.25+0.5+0.25, right 0.25+0.25+0.75+1+0.25.
    expect(scores.map((s) => s.softPredicted)).toEqual([1.5, 1, 2.5]);
    expect(scores.map((s) => s.softOverlap)).toEqual([0.5, 0.75, 1.25]);
    expect(scores.map((s) => s.dice)).toEqual([2 / 3, 2 / 3, 2 / 4]);
    expect(scores.map((s) => s.iou)).toEqual([1 / 2, 1 / 2, 1 / 3]);
  });

  it('takes one probability per pixel as that of the second class', () => {
    const one = scoreCase({ ...base, probabilities: [0.25, 0.75, 0.5, 0] });
    const two = scoreCase({ ...base, probabilities: [0.75, 0.25, 0.25, 0.75, 0.5, 0.5, 1, 0] });
    expect(one).toEqual(two);
    expect(one.classes.map((s) => [s.softPredicted, s.softOverlap])).toEqual([
      [2.5, 1.75],
      [1.5, 1.25],
    ]);
  });

  it('measures HD95 only where the class is both true and predicted, and not of the background', () => {
    const spaced = { ...base, truth: [1, 0, 0, 0], predicted: [0, 0, 0, 1], shape: [1, 4], spacing: [1, 2] };
    expect(scoreCase(spaced).classes.map((s) => s.hd95)).toEqual([null, 6]);
    expect(scoreCase({ ...spaced, background: null }).classes[0]!.hd95).not.toBeNull();
    const missed = scoreCase({ ...base, predicted: [0, 0, 0, 0] }).classes[1]!;
    expect(missed).toMatchObject({ dice: 0, iou: 0, hd95: null, missed: true, invented: false });
    const invented = scoreCase({ ...base, truth: [0, 0, 0, 0] }).classes[1]!;
    expect(invented).toMatchObject({ dice: 0, iou: 0, hd95: null, missed: false, invented: true });
    const absent = scoreCase({ ...base, truth: [0, 0, 0, 0], predicted: [0, 0, 0, 0] }).classes[1]!;
    expect(absent).toMatchObject({ dice: null, iou: null, hd95: null, missed: false, invented: false });
  });

  it('agrees with hd95 in 2-D and 3-D, and ignores what is predicted at ignored pixels', () => {
    const { next } = numbers(5);
    for (const shape of [
      [9, 11],
      [5, 6, 7],
    ]) {
      const size = shape.reduce((a, b) => a * b);
      const draw = () => Uint8Array.from({ length: size }, () => Math.floor(3 * next()));
      const [truth, predicted] = [draw(), draw()];
      truth.fill(255, 0, 10);
      const spacing = shape.map((_, axis) => 1 + axis / 2);
      const names = ['a', 'b', 'c'];
      const { classes: scores } = scoreCase({
        id: 'x',
        truth,
        predicted,
        shape,
        spacing,
        classes: names,
        background: null,
      });
      scores.forEach((score, label) => {
        expect(score.hd95).toBe(hd95(truth, predicted, { shape, spacing, label }));
        const counted = predicted.filter((p, i) => truth[i] !== 255 && p === label).length;
        expect(score.predicted).toBe(counted);
      });
    }
  });

  it('scores overlapping classes one by one, each with its own ignored pixels', () => {
    const { classes: scores } = scoreCase({
      id: 'm',
      mode: 'multilabel',
      truth: [1, 1, 1, 0, 255, 1, 0, 0], // of two classes
      predicted: [1, 0, 1, 1, 1, 1, 0, 0],
      probabilities: [1, 0.5, 0.75, 0.5, 1, 1, 0, 0.25],
      shape: [1, 4],
      classes: ['whole', 'core'],
    });
    expect(
      scores.map((s) => [s.pixels, s.target, s.predicted, s.overlap, s.softPredicted, s.softOverlap]),
    ).toEqual([
      [3, 2, 2, 2, 1.75, 1.75],
      [4, 2, 2, 1, 2.25, 1.5],
    ]);
    expect(scores.map((s) => s.hd95)).toEqual([0, 0.95]); // numpy.percentile([1, 0], 95)
  });

  it('adds ASSD and surface Dice when all distances are requested', () => {
    const all = { ...base, distances: 'all', shape: [1, 4] } as const;
    expect(scoreCase(all).classes[1]).toMatchObject({ assd: 1 / 3, surfaceDice: 1 });
    expect(scoreCase({ ...all, predicted: [0, 0, 0, 0] }).classes[1]).toMatchObject({
      assd: null,
      surfaceDice: 0,
    });
    expect(scoreCase({ ...base, distances: 'none' }).classes[1]!.hd95).toBeNull();
  });

  it('survives JSON unchanged', () => {
    const score = scoreCase({ ...base, truth: [0, 0, 0, 0], distances: 'all' });
    expect(JSON.parse(JSON.stringify(score))).toEqual(score);
  });

  it('is the same for every kind of array', () => {
    const typed = { truth: Int16Array.from([0, 1, 1, 0]), predicted: Float32Array.from([0, 1, 0, 0]) };
    expect(scoreCase({ ...base, ...typed })).toEqual(scoreCase(base));
  });

  it.each<[string, Partial<ScoreCaseOptions>, string]>([
    [
      'fractional true labels',
      { truth: [0, 0.5, 1, 0] },
      'the true label 0.5 at 1; read the mask without interpolation',
    ],
    ['NaN as a label', { truth: [0, NaN, 1, 0] }, 'the true label NaN at 1'],
    [
      'a label that is no class',
      { truth: [0, 1, 2, 0] },
      'the true label 2 at 2; map it to a class, or set ignoreIndex',
    ],
    [
      'probabilities as labels',
      { predicted: [0, 0.7, 0, 0] },
      'the predicted label 0.7 at 1; pass class indices',
    ],
    ['an ignored label in the prediction', { predicted: [0, 255, 0, 0] }, 'the predicted label 255 at 1'],
    ['logits', { probabilities: [-3, 2, 0, 0] }, 'got -3 at pixel 0; apply softmax or sigmoid'],
    ['NaN as a probability', { probabilities: [0, 0.5, NaN, 0] }, 'got NaN at pixel 2'],
    ['sums other than 1', { probabilities: [0.5, 0.5, 1, 0, 0.6, 0.5, 1, 0] }, 'got 1.1 at pixel 2'],
    [
      'too few probabilities',
      { probabilities: [0.5] },
      'wanted 8 probabilities for 4 pixels and 2 classes, got 1',
    ],
    ['another size', { predicted: [0] }, 'wanted 4 values for shape [2,2], got 1'],
    ['a background that is no class', { background: 2 }, 'wanted background from 0 to 1 or null, got 2'],
    ['an unknown mode', { mode: 'binary' as 'multiclass' }, 'wanted mode to be "multiclass" | "multilabel"'],
    ['one class', { classes: ['x'] }, 'wanted 2 or more classes, got 1'],
  ])('refuses %s', (_, options, message) => {
    expect(() => scoreCase({ ...base, ...options })).toThrow(message);
  });

  it('refuses unknown options, and multilabel values other than 0 and 1', () => {
    expect(() => scoreCase({ ...base, ignore: 3 } as never)).toThrow('unknown option "ignore"');
    expect(() =>
      scoreCase({
        ...base,
        mode: 'multilabel',
        truth: [2, 0, 0, 0, 0, 0, 0, 0],
        predicted: new Uint8Array(8),
      }),
    ).toThrow('wanted whole labels from 0 to 1, got the true label 2 at 0');
  });

  it('does not look at values of ignored pixels', () => {
    const options = {
      ...base,
      truth: [255, 1, 1, -1],
      predicted: [7, 1, 0, NaN],
      probabilities: [NaN, 1, 0, 9],
    };
    const score = scoreCase(options);
    expect([score.ignored, score.classes[1]!.softPredicted]).toEqual([2, 1]);
    expect(scoreCase({ ...options, truth: [3, 1, 1, 3], ignoreIndex: 3 })).toEqual(score);
  });
});

describe('summarizeCases', () => {
  const score = (id: string, truth: number[], predicted: number[], probabilities?: number[]) =>
    scoreCase({ id, truth, predicted, ...(probabilities && { probabilities }), shape: [1, 4], classes });
  const cases = [
    score('hit', [1, 1, 0, 0], [1, 0, 0, 0], [0.5, 0.5, 0, 0]),
    score('missed', [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0.25]),
    score('invented', [0, 0, 0, 0], [1, 1, 0, 0], [0.75, 0.5, 0, 0]),
    score('absent', [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]),
  ];
  const summary = summarizeCases(cases, { classes });
  const lesion = summary.classes[1]!;

  it('keeps scores of the set apart from means over images', () => {
    expect(lesion.dice).toBeCloseTo(2 / (3 + 3), 12);
    expect(lesion.iou).toBeCloseTo(1 / 5, 12);
    expect(lesion.perImage.dice.mean).toBeCloseTo((2 / 3 + 0 + 0) / 3, 12);
    expect(lesion.perImage.dice).toMatchObject({ median: 0, cases: 3 });
    expect(lesion.perImage.iou.mean).toBeCloseTo(1 / 6, 12);
  });

  it('counts missed and invented cases and leaves them out of HD95', () => {
    expect(lesion).toMatchObject({ present: 2, missed: 1, invented: 1 });
    expect(lesion.hd95.cases).toBe(1);
    expect(lesion.hd95.mean).toBeCloseTo(0.95, 12); // numpy.percentile([0, 1], 95)
  });

  it('compares the label marginals of the set', () => {
    expect(lesion.truth).toBe(3 / 16);
    expect(lesion.hard).toMatchObject({ predicted: 3 / 16, ratio: 1, absolute: 0, kl: 0 });
    expect(lesion.soft).toMatchObject({ predicted: 2.5 / 16, ratio: 2.5 / 3, absolute: 0.5 / 16 });
    const kl = (3 / 16) * Math.log(3 / 2.5) + (13 / 16) * Math.log(13 / 13.5);
    expect(lesion.soft!.kl).toBeCloseTo(kl, 12);
    expect(summary.marginals.soft!.l1).toBeCloseTo(1 / 16, 12);
    expect(summary.marginals.soft!.kl).toBeCloseTo(kl, 12);
  });

  it('averages the classes but the background', () => {
    expect(summary.foreground).toMatchObject({ classes: [1], dice: lesion.dice, missed: 1, invented: 1 });
    const all = summarizeCases(cases, { classes, background: null }).foreground;
    expect(all.classes).toEqual([0, 1]);
    expect(all.dice).toBeCloseTo((summary.classes[0]!.dice! + lesion.dice!) / 2, 12);
  });

  it('leaves a class that no truth holds out of the foreground mean, however often it is predicted', () => {
    const names = ['background', 'lesion', 'ghost'];
    const of = (id: string, truth: number[], predicted: number[]) =>
      scoreCase({ id, truth, predicted, shape: [1, 4], classes: names, distances: 'all' });
    const quiet = [of('a', [1, 1, 0, 0], [1, 0, 0, 0]), of('b', [0, 1, 0, 0], [0, 1, 0, 0])];
    const invents = [of('a', [1, 1, 0, 0], [1, 0, 0, 2]), of('b', [0, 1, 0, 0], [0, 1, 2, 2])];
    const [before, after] = [quiet, invents].map((all) => summarizeCases(all, { classes: names }));
    const ghost = after!.classes[2]!;
    expect(ghost).toMatchObject({ dice: null, iou: null, present: 0, missed: 0, invented: 2 });
    for (const mean of [ghost.perImage.dice, ghost.perImage.iou, ghost.hd95, ghost.assd, ghost.surfaceDice]) {
      expect(mean).toEqual({ mean: null, median: null, cases: 0 });
    }
    expect(ghost.hard).toMatchObject({ predicted: 3 / 8, ratio: null, absolute: 3 / 8 });
    // Of the lesion alone: 2·2 / (3 + 2) over the set, (2/3 + 1) / 2 over the images.
    expect(after!.foreground.dice).toBeCloseTo(4 / 5, 12);
    expect(after!.foreground.perImage.dice).toBeCloseTo(5 / 6, 12);
    expect([before!.foreground.invented, after!.foreground.invented]).toEqual([0, 2]);
    expect({ ...after!.foreground, invented: 0 }).toEqual(before!.foreground);
    expect([before!.warnings, after!.warnings]).toEqual([[], ['"ghost" is in no true mask, but predicted for 2 of them: it has no Dice and is left out of the foreground mean']]); // prettier-ignore
  });

  it('is null, never NaN, where nothing is defined', () => {
    const nothing = summarizeCases([score('x', [0, 0, 0, 0], [0, 0, 0, 0])], { classes });
    expect(nothing.classes[1]).toMatchObject({ dice: null, hd95: { mean: null, cases: 0 }, soft: null });
    expect(nothing.foreground).toMatchObject({ dice: null, iou: null, hd95: null });
    expect(nothing.marginals.soft).toBeNull();
    expect(JSON.parse(JSON.stringify(nothing))).toEqual(nothing);
    const missed = summarizeCases([score('x', [1, 0, 0, 0], [0, 0, 0, 0])], { classes });
    expect(missed.classes[1]!.hard.kl).toBeNull(); // infinite
    expect(missed.marginals.hard.kl).toBeNull();
  });

  it('warns when the foreground is only in ignored pixels', () => {
    const masks = [score('x', [0, 0, 255, 255], [0, 0, 1, 1])]; // predicted where it does not count
    expect(summarizeCases(masks, { classes }).warnings).toEqual([
      'no true label is of a foreground class; 2 pixels are ignored: if they are the foreground, map their label to a class',
    ]);
    expect(summary.warnings).toEqual([]);
  });

  it('is the same in any order of the cases', () => {
    const turned = summarizeCases([...cases].reverse(), { classes });
    expect(turned).toEqual(summary);
  });

  it('refuses cases of other classes and equal ids', () => {
    expect(() => summarizeCases(cases, { classes: ['a', 'b', 'c'] })).toThrow(
      'wanted scores of 3 classes, got 2 of hit',
    );
    expect(() => summarizeCases([cases[0]!, cases[0]!], { classes })).toThrow(
      'a different id for each case, got hit twice',
    );
    expect(() => summarizeCases([] as CaseScore[], { classes, background: 5 })).toThrow(
      'wanted background from 0 to 1',
    );
  });
});

describe('hd95', () => {
  it('pools the distances of more surface elements than a call has arguments', () => {
    const side = 500;
    const board = (color: number) =>
      Uint8Array.from({ length: side * side }, (_, i) => (i + Math.floor(i / side) + color) % 2);
    expect(hd95(board(0), board(1), { shape: [side, side], convention: 'pooled' })).toBe(1);
  });
});
