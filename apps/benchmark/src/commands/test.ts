import { isBuiltIn } from '@segloss/data';
import { calibrateRun, OutputFolder, releaseBackend, testRun, type TestReport } from '@segloss/trainer';
import type { Command } from 'commander';

import { exitCodes, UsageError } from '../errors.js';
import { parseCount } from '../options.js';
import { decodingName } from '../analyze/decodings.js';
import { LESION_SIZE_HEAD, lesionCells, lesionHead, lesionNotes, lesionOptions, lesionSizeRows, type LesionFlags } from '../lesions.js'; // prettier-ignore
import { fixed, ratioText, scoreText } from '../page/numbers.js';
import type { Terminal } from '../terminal.js';
import { textTable } from '../text-table.js';
import { oneOf } from './choices.js';
import { withLesionFlags } from './lesion-flags.js';
import { absolute, decodingsOf, openAll, predictionOf, withRunFlags, type RunFlags } from './run-flags.js';

/** `segloss test`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  const own = withLesionFlags(
    command
      .argument('<run...>', 'folder of the run, or of several, whose probabilities are averaged')
      .option('--data <folder>', 'score this data set instead, with the same classes')
      .option('--images <pattern>', "image files of --data where no layout fits, as in 'img/*.jpg'")
      .option('--masks <pattern>', "their masks, as in 'gt/{name}_1stHO.png'")
      .option(
        '--part <name>',
        'train, val, test (the images of data.test) or all (every image of --data)',
        'val',
      )
      .option(
        '--surfaces <tolerance>',
        'also report HD95 and the surface Dice at this tolerance in pixels',
        parseCount,
      )
      .option(
        '--fit-temperature',
        'fit the temperature of the probabilities to the validation images, keep it with the run, and stop',
      ),
  );
  withRunFlags(own, 'several').action(async (runs: string[], flags: TestFlags) =>
    finish(await (flags.fitTemperature === true ? fitCommand : testCommand)(runs, flags, terminal)),
  );
}

interface TestFlags extends RunFlags, LesionFlags {
  data?: string;
  images?: string;
  masks?: string;
  part: string;
  surfaces?: number;
  fitTemperature?: boolean;
}

/** `segloss test --fit-temperature`: of each run alone, on its own validation images. */
async function fitCommand(folders: readonly string[], flags: TestFlags, terminal: Terminal): Promise<number> {
  if (
    flags.calibrated === true ||
    flags.data !== undefined ||
    flags.part !== 'val' ||
    [flags.surfaces, flags.decode, flags.minComponent, flags.lesions, flags.brats].some(
      (flag) => flag !== undefined,
    )
  )
    throw new UsageError(
      '--fit-temperature: wanted the validation images of the run and their probabilities, got --calibrated, --data, --part, or a flag about labels and scores (--surfaces, --lesions, --brats, --decode, --min-component); leave them out',
    );
  const runs = await openAll(folders, flags, terminal);
  try {
    for (const run of runs) {
      const found = await calibrateRun(run, predictionOf(flags));
      const { temperature, nll, images } = found;
      const text = `temperature ${fixed(temperature, 3)} from ${images} validation images: negative log-likelihood ${fixed(nll.before, 4)}, then ${fixed(nll.after, 4)}`; // prettier-ignore
      terminal.stdout.write(
        flags.json === true ? `${JSON.stringify({ run: run.folder, ...found })}\n` : `${text}\n`,
      );
    }
    return exitCodes.ok.code;
  } finally {
    for (const { model } of runs) model.dispose();
    await releaseBackend();
  }
}

async function testCommand(
  folders: readonly string[],
  flags: TestFlags,
  terminal: Terminal,
): Promise<number> {
  const { stdout, stderr } = terminal;
  const runs = await openAll(folders, flags, terminal);
  try {
    const part = oneOf('part', flags.part, ['train', 'val', 'test', 'all'] as const);
    const of = runs.length === 1 ? 'test' : `test-${runs.length}-runs`;
    if (part === 'all' && flags.data === undefined) throw new UsageError('--part all: wanted --data with it, got none: a run is not tested on what it was trained with'); // prettier-ignore
    const name = `${of}-${part}${flags.calibrated === true ? '-calibrated' : ''}.json`;
    const out = new OutputFolder(runs[0]!.folder, { reads: [], remedy: 'move it away' });
    out.check([name]);
    const { decode, ...how } = predictionOf(flags);
    const decodings = decodingsOf(flags) ?? [];
    const lesions = lesionOptions(flags);
    const report = await testRun(runs, {
      ...how,
      ...(decodings.length > 1 ? { decodings } : decode && { decode }),
      ...(lesions && { lesions }),
      ...patternsOf(flags),
      ...(flags.data !== undefined && {
        data: isBuiltIn(flags.data) ? flags.data : absolute(terminal, flags.data),
      }),
      ...(flags.surfaces !== undefined && { surfaceTolerance: flags.surfaces }),
      part,
    });
    const file = out.write(name, Buffer.from(`${JSON.stringify(report, null, 2)}\n`));
    stdout.write(
      flags.json === true
        ? `${JSON.stringify(report)}\n`
        : testTables(report, stdout.columns)
            .map((table) => `${table}\n`)
            .join(''),
    );
    for (const text of [aboutWeights(report), ...aboutTraining(report)]) stderr.write(`${text}\n`);
    stderr.write(`every image: ${file}\n`);
    return exitCodes.ok.code;
  } finally {
    for (const { model } of runs) model.dispose();
    await releaseBackend();
  }
}

/** Every table of a report, of each decoding where there are several. */
function testTables(report: TestReport, width?: number): string[] {
  const { decodings, lesions } = report;
  const tablesOf = (one: Pick<TestReport, 'cases' | 'summary' | 'volumes'>) => [
    testTable(one, width),
    ...(one.volumes === undefined
      ? []
      : ['Volumes, each from all its slices:', testTable(one.volumes, width, 'volumes')]),
    ...(lesions === undefined ? [] : [lesionTables(one, width)]),
  ];
  return [
    ...(decodings?.flatMap((one) => [`decoding: ${decodingName(one.decode)}`, ...tablesOf(one)]) ??
      tablesOf(report)),
    ...(lesions === undefined ? [] : lesionNotes(lesions)),
    reliabilityTable(report, width),
    ...(decodings === undefined
      ? []
      : ['Calibration errors and p/q soft are of the probabilities, which no decoding changes.']),
  ];
}

/** Returns the lesions of each class, over all sizes and by size. @param width Columns of the terminal; undefined for a pipe. */
export function lesionTables({ summary }: Pick<TestReport, 'summary'>, width?: number): string {
  const found = summary.classes.flatMap(({ name, lesions }) =>
    lesions === undefined ? [] : [{ name, lesions }],
  );
  const wise = found.some(({ lesions }) => lesions.lesionWise);
  const all = found.map(({ name, lesions }) => [name, ...lesionCells(lesions, wise)]);
  const sizes = found.flatMap(({ name, lesions }) => lesionSizeRows(lesions).map((row) => [name, ...row]));
  return [
    textTable({ head: ['class', ...lesionHead(wise)], rows: all }, width),
    ...(sizes.length > 0
      ? [textTable({ head: ['class', ...LESION_SIZE_HEAD], rows: sizes, names: 2 }, width)]
      : []),
  ].join('\n');
}

/** Whose scores these are: a report of trainings compares the last weights. */
export function aboutWeights({ checkpoint }: Pick<TestReport, 'checkpoint'>): string {
  const others = checkpoint === 'last' ? 'best' : 'last';
  const note = checkpoint === 'best' ? ' (segloss report compares the last ones)' : '';
  return `weights: ${checkpoint}${note}; --checkpoint ${others} scores the others`;
}

/** What one should know of other data before one believes the scores. */
export function* aboutTraining({ trainedOn }: Pick<TestReport, 'trainedOn'>): Generator<string> {
  if (trainedOn === null) {
    yield 'warning: the images that the run was trained on can no longer be read, so segloss cannot tell whether these are different images';
  } else if (trainedOn !== undefined && trainedOn > 0) {
    yield `warning: ${trainedOn} of the image files scored ${trainedOn === 1 ? 'was' : 'were'} also trained on; scores on such images do not say how good a run is on new ones`;
  }
}

/** Returns the calibration errors of each class. @param width Columns of the terminal; undefined for a pipe. */
export function reliabilityTable(
  { classes, reliability }: Pick<TestReport, 'classes' | 'reliability'>,
  width?: number,
): string {
  const rows = reliability.map(({ ece, ace, mce }, k) => [
    classes[k]!,
    ...[ece, ace, mce].map((error) => fixed(error, 4)),
  ]);
  return textTable({ head: ['calibration error', 'ECE', 'ACE', 'MCE'], rows }, width);
}

/**
 * Returns a row for each class, and one for the foreground mean where it has several; missed and invented regions where there are any.
 *
 * @param width Columns of the terminal; undefined for a pipe.
 */
export function testTable(
  { cases, summary }: Pick<TestReport, 'summary'> & { readonly cases: readonly unknown[] },
  width?: number,
  unit = 'images',
): string {
  const { classes, foreground } = summary;
  const distances = classes.some(({ surfaceDice }) => surfaceDice !== undefined);
  const counted = (['missed', 'invented'] as const).filter((kind) => foreground[kind] > 0);
  const rows = classes.map((each) => {
    const { name, dice, iou, perImage, hd95, surfaceDice, truth, soft, hard } = each;
    return [
      ...[name, scoreText(dice), scoreText(iou)],
      `${scoreText(perImage.dice.mean)} (${perImage.dice.cases} of ${cases.length})`,
      ...counted.map((kind) => String(each[kind])),
      ...(distances ? [`${fixed(hd95.mean, 1)} (${hd95.cases})`, scoreText(surfaceDice?.mean)] : []),
      ...[fixed(truth, 4), ratioText(soft?.ratio), ratioText(hard.ratio)],
    ];
  });
  const mean = [
    ...['foreground mean', scoreText(foreground.dice), scoreText(foreground.iou)],
    scoreText(foreground.perImage.dice),
    ...counted.map((kind) => String(foreground[kind])),
    ...(distances ? [fixed(foreground.hd95, 1), ''] : []),
    ...['', '', ''],
  ];
  return textTable(
    {
      head: [
        ...['class', 'Dice', 'IoU', `Dice, mean of ${unit}`, ...counted],
        ...(distances ? ['HD95', 'surface Dice'] : []),
        ...['true share', 'p/q soft', 'p/q hard'],
      ],
      rows: foreground.classes.length > 1 ? [...rows, mean] : rows,
    },
    width,
  );
}

/** Patterns of the files of `--data`. */
function patternsOf({ data, images, masks }: TestFlags): { images?: string; masks?: string } {
  if (data === undefined && (images ?? masks) !== undefined)
    throw new UsageError('--images and --masks: wanted --data with them, got none');
  return { ...(images !== undefined && { images }), ...(masks !== undefined && { masks }) };
}
