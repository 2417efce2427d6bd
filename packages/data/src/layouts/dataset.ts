import { basename } from 'node:path';

import { guessLabels, remedyOf } from '../read/label-guess.js';
import { printable } from '@segloss/common';
import { DataError } from '../errors.js';
import { headerOfBytes } from '../formats/decoders.js';
import { readBytes } from '../formats/bytes.js';
import { type ImageHeader } from '../formats/raw-pixels.js';
import { blackAndWhite, checkPalettes, type DecidedRule } from '../read/black-and-white.js';
import { FileCache } from '../read/file-cache.js';
import { indexLabels, labelOf, mappedLabels, type LabelMap, type LabelRule } from '../read/labels.js';
import { type MaskFacts } from '../read/facts.js';
import { maskFacts } from '../read/mask-facts.js';
import { PRESENT } from '../read/pairs.js';
import { IGNORED, type Finding, type SegmentationDataset } from '../samples/sample.js';
import { checkClasses } from './check-classes.js';
import { type Found, type Item, type LayoutOptions } from './layout.js';

type Facts = ReadonlyMap<string, MaskFacts>;

/**
 * The data set of what a layout found: the label rule is decided over all masks, and what they hold is compared with it.
 *
 * @throws {DataError} `no-data`, if there is no image; `bad-label`, if masks contradict each other.
 */
export async function datasetOf(
  folder: string,
  layout: string,
  found: Found,
  { labelMap, seed, background = found.background }: LayoutOptions,
): Promise<SegmentationDataset> {
  const { classes, multilabel, train, val } = found;
  if (train.length + val.length === 0) {
    throw new DataError(`no images with masks in ${folder}, of the layout ${layout}; add some`, 'no-data');
  }
  checkClasses(folder, classes, multilabel ? null : background);
  const items = [...train, ...val];
  const read = await maskFacts(items.flatMap(({ masks }) => masks.filter((path) => path !== undefined)));
  const facts = new Map(
    [...read].filter((entry): entry is [string, MaskFacts] => !(entry[1] instanceof DataError)),
  );
  checkPalettes(facts);
  const decided = decide(found, facts, labelMap);
  const images =
    found.channels === undefined ? await channelsOf(items) : { channels: found.channels, warnings: [] };
  const counted = {
    train: countsOf(train, facts, decided.rule, found),
    val: countsOf(val, facts, decided.rule, found),
  };
  const sources = async (part: readonly Item[]) =>
    (await Promise.all(part.map((item) => item.sources(decided.rule, images.channels)))).flat();
  const unreadable = [...read.values()].filter((fault) => fault instanceof DataError);
  const parts = { train: await sources(train), val: await sources(val) };
  return {
    name: printable(basename(folder)),
    classes,
    channels: images.channels,
    ...(found.channelNames && { channelNames: found.channelNames }),
    background: multilabel ? null : background,
    ...(multilabel && { multilabel }),
    ...parts,
    description:
      `${layout} layout, ${train.length} + ${val.length} ${found.unit ?? 'images'}${found.seeded ? ` (split by seed ${seed})` : ''}; ` +
      `${decided.said}${found.said ? `; ${found.said}` : ''}`,
    labelRule: decided.said,
    warnings: [
      ...[...(found.warnings ?? []), ...decided.warnings, ...images.warnings].map(finding('label-rule')),
      ...emptyClasses(classes, counted),
      ...sizes({ train, val }, facts),
    ],
    faults: [
      ...unreadable.map(({ code, message }) => ({ kind: code, message })),
      ...wrongValues(facts, decided.rule, classes.length),
      ...noForeground(classes, counted, multilabel ? null : background, facts),
      ...emptyParts(folder, parts),
    ],
  };
}

const finding =
  (kind: string) =>
  (message: string): Finding => ({ kind, message: printable(message) });

function decide({ labels, classes }: Found, facts: Facts, labelMap: LabelMap | undefined): DecidedRule {
  const mapped = labelMap === undefined ? '' : `; by the label map ${JSON.stringify(labelMap)}`;
  if (labels.kind === 'black-and-white') {
    if (labelMap === undefined) return blackAndWhite(facts, labels);
    const rule: LabelRule = { ...indexLabels(2), jpeg: [0, 1] };
    return { rule: mappedLabels(rule, labelMap), said: `${classes.join(', ')}${mapped}`, warnings: [] };
  }
  const rule = labels.kind === 'numbers' ? mappedLabels(labels.rule, labelMap) : PRESENT;
  return { rule, said: `${labels.said}${mapped}`, warnings: [] };
}

/** Pixels (or drawn objects) of each class, and pixels that are ignored. */
interface Counts {
  readonly classes: number[];
  readonly ignored: number;
}

function countsOf(
  part: readonly Item[],
  facts: Facts,
  rule: LabelRule,
  { classes, multilabel }: Found,
): Counts {
  const counts = Array<number>(classes.length).fill(0);
  let ignored = 0;
  for (const { masks, objects } of part) {
    objects?.forEach((count, k) => (counts[k]! += count));
    if (objects !== undefined || masks.length === 0) counts[0]! += 1; // what is not drawn is background
    masks.forEach((path, k) => {
      const one = path === undefined ? undefined : facts.get(path);
      for (const [value, pixels] of one?.values ?? []) {
        const label = labelOf(value, one!.lossy, rule);
        if (label === IGNORED) ignored += pixels;
        else if (multilabel) counts[k]! += label === 1 ? pixels : 0;
        else if (label !== undefined && label < counts.length) counts[label]! += pixels;
      }
    });
  }
  return { classes: counts, ignored };
}

type Parts<T> = Readonly<Record<'train' | 'val', T>>;

function emptyClasses(classes: readonly string[], counted: Parts<Counts>): Finding[] {
  return Object.entries(counted).flatMap(([part, { classes: counts }]) => {
    const empty = classes.filter((_, k) => counts[k] === 0);
    if (empty.length === 0 || empty.length === classes.length) return [];
    return [{ kind: 'empty-class', message: `no pixel in ${part} is ${empty.join(', ')}; scores of such a class are meaningless` }]; // prettier-ignore
  });
}

function sizes(parts: Parts<readonly Item[]>, facts: Facts): Finding[] {
  return Object.entries(parts).flatMap(([part, items]) => {
    const counts = new Map<string, number>();
    for (const { masks, axis } of items) {
      const first = masks.find((path) => path !== undefined);
      const shape = first === undefined ? undefined : facts.get(first)?.shape;
      if (shape === undefined) continue;
      const size = shape.filter((_, i) => i !== axis).join(' x ');
      counts.set(size, (counts.get(size) ?? 0) + 1);
    }
    if (counts.size < 2) return [];
    const shown = [...counts].slice(0, 3).map(([size, count]) => `${count} of ${size}`);
    const more = counts.size > 3 ? ', …' : '';
    return [{ kind: 'sizes', message: `images of ${counts.size} sizes in ${part} (${shown.join(', ')}${more}); data.size brings them to one size for training` }]; // prettier-ignore
  });
}

/** Of values that are no labels, one fault with all of them: their cause is one, too. */
function wrongValues(facts: Facts, rule: LabelRule, classes: number): Finding[] {
  const values = new Set<number>();
  const wrong = [...facts].filter(([, one]) =>
    one.values.some(([value]) => labelOf(value, one.lossy, rule) === undefined),
  );
  for (const [, one] of wrong) for (const [value] of one.values) values.add(value);
  if (wrong.length === 0) return [];
  const [path, { lossy }] = wrong[0]!;
  if (lossy) return [{ kind: 'unreadable', message: printable(`cannot read labels from ${path}: JPEG changes label values; save masks as PNG`) }]; // prettier-ignore
  const guess = guessLabels(values, classes);
  const bad = [...values].filter((value) => labelOf(value, false, rule) === undefined).sort((a, b) => a - b);
  return [
    {
      kind: 'bad-label',
      message: printable(
        `wanted class labels, got ${bad.slice(0, 5).join(', ')}${bad.length > 5 ? ', …' : ''} in ${wrong.length} of ${facts.size} masks, as in ${path}; ` +
          `${rule.remedy}; ${guess.cause}${remedyOf(guess.labelMap)}`,
      ),
    },
  ];
}

function noForeground(
  classes: readonly string[],
  { train, val }: Parts<Counts>,
  background: 0 | null,
  facts: Facts,
): Finding[] {
  const foreground = classes.map((_, k) => (k === background ? 0 : train.classes[k]! + val.classes[k]!));
  if (foreground.some((pixels) => pixels > 0)) return [];
  const ignored = train.ignored + val.ignored;
  const has255 = [...facts.values()].some(({ values }) => values.some(([value]) => value === IGNORED));
  const labelMap = ignored > 0 && has255 && classes.length > 1 ? { [IGNORED]: 1 } : undefined;
  const cause =
    ignored > 0
      ? `no pixel is ${classes
          .filter((_, k) => k !== background)
          .slice(0, 3)
          .join(', ')}, but some are ignored: the masks are probably black and white`
      : 'no pixel of any mask is foreground';
  return [{ kind: 'no-foreground', message: `${cause}${remedyOf(labelMap)}` }];
}

function emptyParts(folder: string, parts: Parts<readonly unknown[]>): Finding[] {
  return Object.entries(parts)
    .filter(([, sources]) => sources.length === 0)
    .map(([part]) => ({
      kind: 'no-data',
      message: printable(
        `wanted images in ${part} of ${folder}, got none; a training needs two images at least, one to validate with`,
      ),
    }));
}

/** So many bytes hold the header of a PNG, and of most JPEGs. */
const HEADER_BYTES = 2 ** 17;

/** 3 channels if any image has colors, else 1. */
async function channelsOf(items: readonly Item[]): Promise<{ channels: 1 | 3; warnings: string[] }> {
  const cache = new FileCache<ImageHeader>('images-1');
  let [gray, color] = [0, 0];
  for (const { image } of items) {
    const header = await cache.get(image, () => headerOf(image)).catch(() => undefined); // loading it will say why
    if (header?.channels === 1) gray++;
    if (header?.channels === 3) color++;
  }
  await cache.save();
  const warnings = gray > 0 && color > 0 ? [`${gray} of ${gray + color} images are gray: their values stand for red, green and blue`] : []; // prettier-ignore
  return { channels: color > 0 ? 3 : 1, warnings };
}

async function headerOf(path: string): Promise<ImageHeader> {
  const start = await readBytes(path, { limit: HEADER_BYTES });
  return headerOfBytes(path, start).catch(async () => headerOfBytes(path, await readBytes(path)));
}
