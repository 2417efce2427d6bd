import type { PaperRows } from '../rows.js';
import { claim1, claim2, claim3, claim4, claim5, claim6, claim7, claim8 } from './claims.js';
import type { Effect, PooledComparison, SetEffect, Verdict } from './compare.js';
import { balanced, completeSeeds, diceOfMask, foregroundOf, geometricMean, scoreTable, sizeRatios, trainingsOf } from './tables.js'; // prettier-ignore
import { caseMeans, meanOfDefined } from '../../benchmark/statistics/index.js';

/** The trainings of all plans. */
export interface PaperResults {
  /** Trained until cross-entropy has converged: decides. */
  readonly long: PaperRows;
  /** The first, shorter plan. */
  readonly short: PaperRows;
  readonly imbalance: PaperRows;
  readonly temperature: PaperRows;
}

/** Parts of the page, in Markdown, by name. */
export type Sections = Readonly<Record<string, string>>;

/** Returns every part of the page that follows from the trainings. */
export function paperSections(results: PaperResults): Sections {
  const long = balanced(results.long);
  const short = balanced(results.short);
  const of = (rows: PaperRows, section: (rows: PaperRows) => string) =>
    rows.rows.length > 0 ? section(rows) : 'No seed is complete: nothing to show.';
  return {
    verdicts: verdicts(results),
    reached: reached(results),
    sizes: of(long, sizesTable),
    dice: of(long, diceTable),
    curves: of(long, curvesTable),
    'short-sizes': of(short, sizesTable),
    'short-dice': of(short, diceTable),
    c1: of(long, c1),
    c2: c2(results.imbalance),
    c3: of(long, c3),
    c4: of(long, c4),
    c5: of(long, c5),
    c6: of(long, c6),
    c7: of(balanced(results.temperature), c7),
    c8: of(long, c8),
  };
}

const NOTHING: Verdict = 'too little data to say';

function verdicts({ long, short, imbalance, temperature }: PaperResults): string {
  const of = (rows: PaperRows, claim: (rows: PaperRows) => Verdict | undefined) => {
    const complete = balanced(rows);
    return (complete.rows.length > 0 && claim(complete)) || NOTHING;
  };
  const both = (id: string, text: string, claim: (rows: PaperRows) => Verdict | undefined) => [
    ...[id, text, bold(of(long, claim)), of(short, claim)],
  ];
  return table(
    ['claim', '', 'verdict', 'after the short trainings'],
    [
      both('C1', 'CE keeps the true proportions: training images', (rows) => claim1(rows).train),
      both('C1', 'CE keeps the true proportions: validation images', (rows) => claim1(rows).val),
      [
        'C2',
        'Dice is drawn to extremely imbalanced solutions',
        bold(claim2(imbalance)[0]?.verdict ?? NOTHING),
        '–',
      ],
      both(
        'C3',
        'Dice beats CE where regions are small, CE beats Dice where sizes vary',
        (rows) => claim3(rows).verdict,
      ),
      both('C4', 'CE + size term is best', (rows) => claim4(rows).verdict),
      both('C5', 'the size term brings the proportions right', (rows) => claim5(rows).verdict),
      both('C6', 'gains sit in the small regions', (rows) => claim6(rows).verdict),
      ['C7', 'temperature and weight matter', balanced(temperature).rows.length > 0 ? 'a table, no test' : 'no complete seed', '–'], // prettier-ignore
      both('C8', 'a decoder can do what the loss does', (rows) => claim8(rows)?.verdict),
    ],
  );
}

const bold = (text: string): string => `**${text}**`;

function reached({ long, short, imbalance, temperature }: PaperResults): string {
  const [first, second, last] = [long, short, temperature].map((rows) => [
    `\`${rows.name}.yaml\``,
    seedsText(completeSeeds(rows.rows, rows.losses.length * Object.keys(rows.sets).length)),
    endedText(rows),
  ]);
  const setups = [...new Set(imbalance.rows.map(({ labels }) => labels['setup']!))].map((setup) => {
    const found = claim2(imbalance).find((one) => one.setup === setup);
    const own = imbalance.rows.filter(({ labels }) => labels['setup'] === setup);
    return [
      `\`imbalance.yaml\`, ${setup}`,
      seedsText(found?.seeds ?? []),
      endedText({ ...imbalance, rows: own }),
    ];
  });
  return table(['plan', 'complete seeds', 'trainings that ended'], [first!, second!, ...setups, last!]);
}

const seedsText = (seeds: readonly number[]): string => (seeds.length === 0 ? 'none' : `${seeds.length} (${seeds[0]} to ${seeds.at(-1)})`); // prettier-ignore

function endedText({ rows }: Pick<PaperRows, 'rows'>): string {
  const diverged = rows.filter(({ state }) => state === 'diverged').length;
  return `${rows.length}${diverged > 0 ? `, ${diverged} of them diverged` : ''}`;
}

/** Soft and hard p/q over all validation images of a set: geometric mean over the foreground classes, mean over seeds. */
function sizesTable(rows: PaperRows): string {
  const sets = Object.keys(rows.sets);
  const cell = (set: string, loss: string) => {
    const facts = rows.sets[set]!;
    const classes = foregroundOf(facts);
    const ratios = trainingsOf(rows, set, loss).map((row) => sizeRatios(row, facts));
    const of = (kind: 'soft' | 'hard') => ratios.map((one) => geometricMean(classes.map((k) => one[kind][k]!).filter(Number.isFinite))); // prettier-ignore
    return `${ratio(mean(of('soft')))} / ${ratio(mean(of('hard')))}`;
  };
  return table(
    ['loss', ...sets],
    rows.losses.map((loss) => [code(loss), ...sets.map((set) => cell(set, loss))]),
  );
}

function diceTable(rows: PaperRows): string {
  const sets = Object.keys(rows.sets);
  const cell = (set: string, loss: string) => points(meanOfDefined(caseMeans(scoreTable(rows, set, loss, diceOfMask)))); // prettier-ignore
  return table(
    ['loss', ...sets],
    rows.losses.map((loss) => [code(loss), ...sets.map((set) => cell(set, loss))]),
  );
}

/** Dice of the foreground over the validation images at half the epochs and at the end: what still grows has not converged. */
function curvesTable(rows: PaperRows): string {
  const sets = Object.keys(rows.sets);
  const cell = (set: string, loss: string) => {
    const curves = trainingsOf(rows, set, loss).map(({ curve }) => curve.dice.map((value) => value ?? 0));
    const at = (share: number) => mean(curves.map((dice) => dice[Math.ceil(share * dice.length) - 1]!));
    return `${points(at(0.5))} → ${points(at(0.8))} → ${points(at(1))}`;
  };
  return table(
    ['loss', ...sets],
    ['ce', 'dice'].map((loss) => [code(loss), ...sets.map((set) => cell(set, loss))]),
  );
}

function c1(rows: PaperRows): string {
  const { sets, train, val } = claim1(rows);
  const ofEffect = (effect: Effect | undefined) => (effect === undefined ? '–' : `${ratio(effect.mean)} ${interval(effect, ratio)}`); // prettier-ignore
  return [
    `Training images: **${train ?? 'too little data to say'}**. Validation images: **${val}**.`,
    table(['data set', 'soft p/q, training images', 'soft p/q, validation images'], sets.map((one) => [one.set, ofEffect(one.train), ofEffect(one.val)])), // prettier-ignore
  ].join('\n\n');
}

function c2(rows: PaperRows): string {
  const setups = claim2(rows);
  if (setups.length === 0) return 'No seed is complete: **too little data to say**.';
  return setups
    .map(({ setup, seeds, losses, verdict }, i) =>
      [
        i === 0
          ? `${capital(setup)}, learning rate 0.005, the condition that decides: **${verdict}**. ${seeds.length} seeds.`
          : `${capital(setup)}: ${verdict}. ${seeds.length} seeds.`,
        table(
          ['loss', 'extreme', 'no region', 'most of the image', ...Object.keys(rows.sets), 'p against `ce`'],
          losses.map((one) => [
            code(one.loss),
            `${one.counts.count} of ${one.counts.of}`,
            String(one.none),
            String(one.all),
            ...Object.keys(rows.sets).map((set) => String(one.bySet[set])),
            one.adjustedP === undefined ? '–' : probability(one.adjustedP),
          ]),
        ),
      ].join('\n\n'),
    )
    .join('\n\n');
}

function c3(rows: PaperRows): string {
  const { small, varied, verdict } = claim3(rows);
  return [
    `**${capital(verdict)}**. Small regions, Dice minus CE: ${small.verdict}. Varied sizes, CE minus Dice: ${varied.verdict}.`,
    comparisonTable([
      ['`dice` - `ce`', small],
      ['`ce` - `dice`', varied],
    ]),
  ].join('\n\n');
}

function c4(rows: PaperRows): string {
  const { against, ranks, verdict } = claim4(rows);
  const sorted = [...ranks].sort((a, b) => a.rank - b.rank);
  return [
    `**${capital(verdict)}**.`,
    comparisonTable(against.map(({ loss, comparison }) => [`\`ce + l1\` - ${code(loss)}`, comparison])),
    'Average rank over the data sets by Dice, 1 is best:',
    table(
      ['loss', 'rank', '95 % interval', 'share of first places'],
      sorted.map((one) => [code(one.loss), one.rank.toFixed(2), `${one.interval[0].toFixed(2)} to ${one.interval[1].toFixed(2)}`, `${Math.round(100 * one.first)} %`]), // prettier-ignore
    ),
  ].join('\n\n');
}

function c5(rows: PaperRows): string {
  const { l1, kl, l1Soft, klSoft, verdict } = claim5(rows);
  return [
    `**${capital(verdict)}**. Differences are in percent of the image; above 0 the term makes the error smaller.`,
    comparisonTable([
      ['`ce` - `ce + l1`, mask', l1],
      ['`ce` - `ce + 0.1*kl`, mask', kl],
      ['`ce` - `ce + l1`, probabilities', l1Soft],
      ['`ce` - `ce + 0.1*kl`, probabilities', klSoft],
    ]),
  ].join('\n\n');
}

function c6(rows: PaperRows): string {
  const { sets, pooled, verdict, visible } = claim6(rows);
  const cell = (effect: Effect) => `${signed(effect.mean)} ${interval(effect, signed)}`;
  return [
    `**${capital(verdict)}**. Smallest minus largest quartile, pooled: ${cell(pooled)} points; the smallest detectable effect is ${points(visible)} points.`,
    table(
      ['data set', 'smallest', 'second', 'third', 'largest', 'smallest - largest'],
      sets.map(({ set, gains, difference }) => [
        set,
        ...gains.map((gain) => signed(gain.mean)),
        cell(difference),
      ]),
    ),
  ].join('\n\n');
}

function c7(rows: PaperRows): string {
  const parts = claim7(rows).map((cell) => ({ ...cell, ...weightOf(cell.loss) }));
  const temperatures = [...new Set(parts.map(({ temperature }) => temperature))];
  return Object.keys(rows.sets)
    .map((set) => {
      const own = parts.filter((one) => one.set === set);
      const weights = [...new Set(own.map(({ weight }) => weight))];
      return [
        `${set}, ${own[0]!.seeds} ${own[0]!.seeds === 1 ? 'seed' : 'seeds'}: Dice, and size error of the mask in percent of the image`,
        table(
          ['α', ...temperatures.map((T) => `T = ${T}`)],
          weights.map((weight) => [
            String(weight),
            ...temperatures.map((temperature) => {
              const one = own.find((cell) => cell.weight === weight && cell.temperature === temperature)!;
              return `${points(one.dice)}, ${points(one.sizeError)} %`;
            }),
          ]),
        ),
      ].join('\n\n');
    })
    .join('\n\n');
}

/** α and T of `ce + 0.1*l1(temperature=5)`. */
export function weightOf(loss: string): { weight: number; temperature: number } {
  return {
    weight: Number(/([\d.]+)\*l1/.exec(loss)?.[1] ?? 1),
    temperature: Number(/temperature=([\d.]+)/.exec(loss)?.[1] ?? 1),
  };
}

function c8(rows: PaperRows): string {
  const found = claim8(rows);
  if (found === undefined) return 'The networks of CE were not loaded again: **too little data to say**.';
  return [
    `**${capital(found.verdict)}**.`,
    comparisonTable(found.decoders.map(({ decoder, comparison }) => [`\`ce\` by ${decoder} - \`ce + l1\`, Dice`, comparison])), // prettier-ignore
    'Size error of the mask (percent of the image): below 0 the decoder is nearer to the true size.',
    comparisonTable(found.decoders.map(({ decoder, size }) => [`\`ce\` by ${decoder} - \`ce + l1\`, size error`, size])), // prettier-ignore
  ].join('\n\n');
}

/** Differences by data set and pooled, in points (hundredths). */
function comparisonTable(comparisons: readonly (readonly [string, PooledComparison])[]): string {
  return table(
    ['difference', 'data set', 'points', '95 % interval', 'p (Holm)', 'detectable effect'],
    comparisons.flatMap(([name, { sets, pooled, visible }]) =>
      sets.length === 0
        ? []
        : [
            ...sets.map((one: SetEffect) => [name, one.set, signed(one.mean), interval(one, signed), probability(one.adjustedP), '']), // prettier-ignore
            [name, '**pooled**', `**${signed(pooled.mean)}**`, interval(pooled, signed), '', points(visible)],
          ],
    ),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const ratio = (value: number): string => value.toFixed(2);
const points = (value: number): string => (100 * value).toFixed(1);
const signed = (value: number): string => `${value > 0 ? '+' : ''}${(100 * value).toFixed(2)}`;
const probability = (p: number): string => (p < 0.001 ? 'below 0.001' : p.toFixed(3));
const code = (loss: string): string => `\`${loss}\``;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function interval({ interval: [low, high] }: Effect, text: (value: number) => string): string {
  return Number.isNaN(low) ? '(one seed)' : `(${text(low)} to ${text(high)})`;
}
