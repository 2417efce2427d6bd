// What the values of binary masks mean, decided over all masks of a data set.
import { DataError } from '../errors.js';
import { IGNORED } from '../samples/sample.js';
import { indexLabels, labelOf, listedLabels, thresholdLabels, type LabelRule } from './labels.js';
import { type MaskFacts } from './facts.js';

/** A rule, what it says, and what one should know of it. */
export interface DecidedRule {
  readonly rule: LabelRule;
  /** The rule in words. */
  readonly said: string;
  readonly warnings: readonly string[];
}

/** What the mask of a file looks like: all 0; 0 and 1; 0 and 255; 0, 1 and 255; or anything else. */
type Look = 'empty' | 'ones' | 'white' | 'both' | 'other';

/**
 * Decides what 0, 1, 255 and grays mean in masks of two classes.
 *
 * @param masks Path and facts of every mask that can be read.
 * @param options `foreground`: its name; `whiteIsForeground`: whether the layout says so, else 255 beside 1 means ignored.
 * @throws {DataError} `bad-label`, with the maps to choose from, if some masks hold 0 and 1 and others 0 and 255; or if JPEG masks
 *   are not black and white.
 */
export function blackAndWhite(
  masks: ReadonlyMap<string, MaskFacts>,
  { foreground, whiteIsForeground }: { foreground: string; whiteIsForeground: boolean },
): DecidedRule {
  const exact = [...masks].filter(([, { lossy }]) => !lossy);
  const lossy = [...masks].filter(([, facts]) => facts.lossy);
  checkJpegs(lossy);
  checkInverted(exact);
  const exactly = decideExact(exact, foreground, whiteIsForeground);
  const swapped = perhapsSwapped(masks, { ...exactly.rule, jpeg: [0, 1] }, foreground);
  const decided = { ...exactly, warnings: [...exactly.warnings, ...swapped] };
  if (lossy.length === 0) return decided;
  const said = `values above 127 of ${lossy.length} JPEG masks are ${foreground}`;
  return {
    rule: { ...decided.rule, jpeg: [0, 1] },
    said: exact.length === 0 ? said : `${decided.said}; ${said}`,
    warnings: [
      ...decided.warnings,
      ...(exact.length > 0 ? [`${lossy.length} of ${masks.size} masks are JPEG, the others are not`] : []),
    ],
  };
}

function decideExact(
  masks: readonly (readonly [string, MaskFacts])[],
  foreground: string,
  whiteIsForeground: boolean,
): DecidedRule {
  const looks = new Map<Look, string[]>();
  for (const [path, facts] of masks) looks.set(lookOf(facts), [...(looks.get(lookOf(facts)) ?? []), path]);
  const seen = (look: Look) => looks.has(look);
  if (seen('other')) {
    const totals = totalsOf(masks.map(([, facts]) => facts));
    // Volumes are saved by programs that keep numbers: many of them are an atlas.
    const areImages = masks.every(([, { shape }]) => shape.length === 2);
    if (areImages && isSoftBlackAndWhite(totals, whiteIsForeground)) {
      return {
        rule: thresholdLabels(),
        said: `mask values above 127 are ${foreground}`,
        warnings: [
          `masks hold grays between black and white (${totals.size} values): above 127 is ${foreground}`,
        ],
      };
    }
    if (whiteIsForeground) throw notBlackAndWhite(looks.get('other')![0]!, totals);
  } else if (seen('ones') && seen('white') && (whiteIsForeground || !seen('both'))) {
    throw mixture(looks.get('ones')!, looks.get('white')!);
  } else if (seen('white') && !seen('ones') && !seen('both')) {
    const rule = listedLabels([[0, 0], [IGNORED, 1]], 'the masks hold 0 and 255, read as background and foreground'); // prettier-ignore
    return { rule, said: `mask values 0 and 255 are read as background and ${foreground}`, warnings: [] };
  } else if (whiteIsForeground && seen('both')) {
    throw mixture(looks.get('both')!, looks.get('both')!);
  }
  const white = looks.get('white') ?? [];
  const withOne = [...(looks.get('ones') ?? []), ...(looks.get('both') ?? [])];
  if (!seen('other') && white.length > withOne.length) throw mixture(withOne, white);
  return {
    rule: { ...indexLabels(2), remedy: REMEDY },
    said: `mask values 0 and 1 are read as background and ${foreground}${seen('both') ? ', 255 is ignored' : ''}`,
    warnings: [
      ...(whiteIsForeground && seen('ones')
        ? [`masks hold 0 and 1 where this layout has 0 and 255: 1 is read as ${foreground}`]
        : []),
      ...(white.length > 0
        ? [
            `${white.length} of ${masks.length} masks hold 255 and no 1, as ${white[0]!}: their 255 is ignored, as in the masks that hold both; ` +
              'if it is the foreground there, save these masks with 1',
          ]
        : []),
    ],
  };
}

const REMEDY =
  'without classes.txt labels are 0 and 1 (or 0 and 255); list the classes, one a line, in classes.txt';

function lookOf({ values }: MaskFacts): Look {
  const has = (value: number) => values.some(([one]) => one === value);
  if (values.some(([value]) => ![0, 1, IGNORED].includes(value))) return 'other';
  if (has(1)) return has(IGNORED) ? 'both' : 'ones';
  return has(IGNORED) ? 'white' : 'empty';
}

function totalsOf(masks: readonly MaskFacts[]): Map<number, number> {
  const totals = new Map<number, number>();
  for (const { values } of masks)
    for (const [value, n] of values) totals.set(value, (totals.get(value) ?? 0) + n);
  return totals;
}

/** Pixels of values from `low` to `high`. */
const within = (totals: ReadonlyMap<number, number>, low: number, high: number): number =>
  [...totals].reduce((sum, [value, count]) => (value >= low && value <= high ? sum + count : sum), 0);

/**
 * Whether grays are those of soft borders or of an earlier JPEG: many of them, some almost white, few in between. Class numbers and
 * scaled class numbers are few values, or none almost white.
 *
 * @param expected Whether the layout says that masks are black and white: then fewer grays will do.
 */
function isSoftBlackAndWhite(totals: ReadonlyMap<number, number>, expected: boolean): boolean {
  const [dark, middle, bright] = [within(totals, 1, 63), within(totals, 64, 191), within(totals, 192, 255)];
  if (middle > bright / 2 || bright === 0 || within(totals, 256, Infinity) > 0) return false;
  const almostWhite = within(totals, 192, 254) > 0;
  return almostWhite ? expected || totals.size > 8 : expected && dark <= bright / 2;
}

/** A JPEG changes values: only black and white can be told apart. Where most are not near either, it held something else. */
function checkJpegs(masks: readonly (readonly [string, MaskFacts])[]): void {
  const totals = totalsOf(masks.map(([, facts]) => facts));
  const [middle, bright] = [within(totals, 64, 191), within(totals, 192, 255)];
  // Masks without foreground may have a little noise, if others do have foreground.
  const dim = masks.find(([, { values }]) => {
    const most = values.at(-1)?.[0] ?? 0;
    return most > (bright > 0 ? 32 : 0) && most < 128;
  });
  const [path] = dim ?? (middle > bright / 2 ? masks[0]! : []);
  if (path === undefined) return;
  throw new DataError(
    `wanted black and white in the JPEG masks, got other grays, as in ${path}: class numbers that are saved as JPEG are lost; ` +
      'export the masks again as PNG',
    'bad-label',
  );
}

/** A palette in which white comes first, as index 0, says by its index the opposite of what is seen. */
function checkInverted(masks: readonly (readonly [string, MaskFacts])[]): void {
  for (const [path, { palette }] of masks) {
    const inverted = Object.entries(palette?.colors ?? {}).some(
      ([index, color]) => (color === '#ffffff' && index === '0') || (color === '#000000' && index === '1'),
    );
    if (!inverted) continue;
    throw new DataError(
      `wanted black as index 0 of the palette, got white as 0 or black as 1 in ${path}: by its index the mask is the opposite of what is ` +
        'seen; save the masks as gray PNG',
      'bad-label',
    );
  }
}

/** Share of the pixels above which the foreground looks like the background, and share of the masks in which it covers more than half. */
const MOSTLY = { pixels: 0.75, masks: 0.9 };

/** A warning where nearly all of nearly every mask is foreground: black objects on white, as some programs draw them. */
function perhapsSwapped(
  masks: ReadonlyMap<string, MaskFacts>,
  rule: LabelRule,
  foreground: string,
): string[] {
  const shares = [...masks.values()].flatMap((facts) => shareOf(facts, rule));
  const covered = shares.filter((share) => share > 0.5).length;
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  if (!(mean > MOSTLY.pixels && covered >= MOSTLY.masks * shares.length)) return [];
  const exact = [...masks.values()].filter(({ lossy }) => !lossy).flatMap(({ values }) => values);
  const soft = exact.some(([value]) => ![0, 1, IGNORED].includes(value));
  const white = rule.table[1] === 1 && exact.some(([value]) => value === 1) ? 1 : IGNORED;
  const remedy = soft ? 'invert the masks' : `write {"0": 1, "${white}": 0} to label-map.json in the folder`;
  return [
    `${foreground} covers ${Math.round(100 * mean)} % of the pixels and more than half of ${covered} of ${shares.length} masks: are the ` +
      `objects drawn in black on white? If so, ${remedy}`,
  ];
}

/** The share of the foreground among the pixels that count, if there are any. */
function shareOf({ values, lossy }: MaskFacts, rule: LabelRule): number[] {
  const pixels = [0, 0];
  for (const [value, count] of values) {
    const label = labelOf(value, lossy, rule);
    if (label === 0 || label === 1) pixels[label]! += count;
  }
  const total = pixels[0]! + pixels[1]!;
  return total === 0 ? [] : [pixels[1]! / total];
}

function mixture(ones: readonly string[], white: readonly string[]): DataError {
  return new DataError(
    `wanted masks of one kind, got ${ones.length} with the value 1 (${ones[0]!}) and ${white.length} with 255 (${white[0]!}); ` +
      'if 255 is the foreground too, write {"255": 1} to label-map.json in the folder; if it is ignored, write {"255": 255}',
    'bad-label',
  );
}

function notBlackAndWhite(path: string, totals: ReadonlyMap<number, number>): DataError {
  const values = [...totals].sort(([a], [b]) => a - b);
  return new DataError(
    `wanted black and white masks, got ${values
      .slice(0, 6)
      .map(([value, n]) => `${value} (${n} pixels)`)
      .join(', ')}` +
      `${values.length > 6 ? ', …' : ''}, as in ${path}; say what they mean in label-map.json in the folder, for example {"${values.at(-1)![0]}": 1}`,
    'bad-label',
    values,
  );
}

/**
 * Throws if palettes of masks disagree: one color has different indices, so that the index is not the class.
 *
 * @throws {DataError} `bad-label`, naming two files.
 */
export function checkPalettes(masks: ReadonlyMap<string, Pick<MaskFacts, 'palette'>>): void {
  const seen = new Map<string, { index: number; palette: string; path: string }[]>();
  for (const [path, { palette }] of masks) {
    for (const [text, color] of Object.entries(palette?.colors ?? {})) {
      const index = Number(text);
      const uses = seen.get(color) ?? [];
      const other = uses.find((use) => use.index !== index && use.palette !== palette!.name);
      if (other !== undefined) {
        throw new DataError(
          `wanted one palette order in all masks, got the color ${color} as ${other.index} in ${other.path} and as ${index} in ${path}; ` +
            'save the masks as gray PNG of class numbers',
          'bad-label',
        );
      }
      if (!uses.some((use) => use.index === index && use.palette === palette!.name)) uses.push({ index, palette: palette!.name, path }); // prettier-ignore
      seen.set(color, uses);
    }
  }
}
