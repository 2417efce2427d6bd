import { checkDataset, REGION_BINS, type DatasetReport, type SplitReport } from '@segloss/data';
import type { Command } from 'commander';
import path from 'node:path';

import { convertDataset, LAYOUTS } from '../convert.js';
import { exitCodes } from '../errors.js';
import { percentText } from '../page/percent.js';
import { plural } from '../page/plural.js';
import { quote, type Terminal } from '../terminal.js';
import { textTable } from '../text-table.js';
import { oneOf } from './choices.js';

interface ConvertFlags extends CheckFlags {
  to: string;
}

/** `segloss data convert`: says what {@link convertDataset} read and wrote. */
export async function dataConvertCommand(
  source: string,
  target: string,
  { to, json = false, ...files }: ConvertFlags,
  terminal: Pick<Terminal, 'stdout' | 'folder'>,
): Promise<number> {
  const layout = oneOf('to', to, LAYOUTS);
  const absolute = (folder: string) => path.resolve(terminal.folder, folder);
  const done = await convertDataset(absolute(source), absolute(target), { layout, ...files });
  const labels = Object.entries(done.labels).map(([value, name]) => `${value} ${name}`);
  const text = [
    `read ${source}: ${done.description}`,
    ...done.warnings.map((warning) => `warning: ${warning}`),
    `labels of the copy: ${labels.join(', ')}`,
    `wrote ${target}: ${done.train} + ${done.val} ${done.unit}`,
  ];
  terminal.stdout.write(json ? `${JSON.stringify(done, null, 2)}\n` : `${text.join('\n')}\n`);
  return exitCodes.ok.code;
}

interface CheckFlags {
  json?: boolean;
  images?: string;
  masks?: string;
}

/** `segloss data check`. */
export function define(data: Command, terminal: Terminal, finish: (code: number) => void): void {
  data
    .command('check')
    .argument('<folder>', 'folder of images and masks')
    .description('read every image and mask of a folder; report class proportions, warnings and faults')
    .option('--images <pattern>', "image files where no layout fits, as in 'img/*.jpg'")
    .option('--masks <pattern>', "their masks, as in 'gt/{name}_1stHO.png'")
    .option('--json', 'print the report as JSON')
    .action(async (folder: string, { json = false, ...files }: CheckFlags) =>
      finish(await dataCheckCommand(folder, { json, files, terminal })),
    );
  data
    .command('convert')
    .argument('<source>', 'folder of images or volumes in any layout that is read')
    .argument('<target>', 'folder to write, which is not there or empty')
    .description(
      'copy a data set to images/ and masks/ with class indices, or to the layout of nnU-Net (volumes too)',
    )
    .option('--to <layout>', `layout of the copy: ${LAYOUTS.join(' or ')}`, 'folders')
    .option('--images <pattern>', "image files where no layout fits, as in 'img/*.jpg'")
    .option('--masks <pattern>', "their masks, as in 'gt/{name}_1stHO.png'")
    .option('--json', 'print what was written as JSON')
    .action(async (source: string, target: string, flags: ConvertFlags) =>
      finish(await dataConvertCommand(source, target, flags, terminal)),
    );
}

/**
 * `segloss data check`: prints what {@link checkDataset} reports.
 *
 * @returns The exit code: that of data that cannot be used, if anything is wrong.
 */
export async function dataCheckCommand(
  folder: string,
  {
    json,
    files = {},
    terminal: { stdout },
  }: { json: boolean; files?: Omit<CheckFlags, 'json'>; terminal: Pick<Terminal, 'stdout'> },
): Promise<number> {
  const report = await checkDataset(folder, files);
  stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : toText(report, files, stdout.columns));
  return (report.usable ? exitCodes.ok : exitCodes.data).code;
}

/** The report for a terminal of this width; a pipe has none. */
function toText(
  report: DatasetReport,
  { images, masks }: Pick<CheckFlags, 'images' | 'masks'>,
  width: number | undefined,
): string {
  const { folder, description, problems, warnings, faults } = report;
  const patterns = images === undefined || masks === undefined ? '' : ` --images ${quote(images)} --masks ${quote(masks)}`; // prettier-ignore
  const verdict = report.usable
    ? `the data can be used; next: segloss train --data ${quote(folder)}${patterns}`
    : `the data cannot be used: ${plural(faults, 'fault')}`;
  const told = faults > problems.length ? [`fault: and ${faults - problems.length} more`] : [];
  const mend =
    report.labelMap === undefined
      ? []
      : [`to try it: echo '${JSON.stringify(report.labelMap)}' > ${quoted(`${folder}/label-map.json`)}`];
  return `${[
    description === '' ? folder : `${folder}: ${description}`,
    ...(report.classes.length > 0 ? [proportionTable(report, width), regionTable(report, width)] : []),
    ...(['train', 'val'] as const).map((part) => `${part}: ${sizesOf(report[part])}`),
    ...problems.map(({ message }) => `fault: ${message}`),
    ...told,
    ...warnings.map(({ message }) => `warning: ${message}`),
    ...mend,
    verdict,
  ].join('\n')}\n`;
}

const quoted = (path: string) => `'${path.replaceAll("'", `'\\''`)}'`;

function sizesOf({ samples, sizes }: SplitReport): string {
  const shown = sizes.slice(0, 4).map(({ size, samples: count }) => `${count} of ${size}`);
  const more = sizes.length > 4 ? `, ${sizes.length - 4} sizes more` : '';
  return `${plural(samples, 'image')}${shown.length > 0 ? `: ${shown.join(', ')}${more}` : ''}`;
}

/** Share of each class among the pixels that are not ignored. */
function proportionTable({ classes, train, val }: DatasetReport, width: number | undefined): string {
  const ignored = ({ ignored: pixels, pixels: counts }: SplitReport) =>
    percentText(pixels / (pixels + counts.reduce((sum, count) => sum + count, 0)));
  const rows = classes.map((name, k) => [
    ...[name, String(train.pixels[k])],
    ...[percentText(train.proportions[k]!), percentText(val.proportions[k]!)],
    ...[train, val].map(({ regionSizes }) => String(regionSizes[k]![0])),
  ]);
  return textTable(
    {
      head: ['class', 'pixels, train', 'share, train', 'share, val', 'without it, train', 'without it, val'],
      rows: [...rows, ['(ignored)', String(train.ignored), ignored(train), ignored(val), '', '']],
    },
    width,
  );
}

/** In how many training images each class has which share. */
function regionTable({ classes, train: { regionSizes } }: DatasetReport, width: number | undefined): string {
  const ends = REGION_BINS.map((end) => `${100 * end} %`);
  return textTable(
    {
      head: ['share of a training image', ...ends.map((end) => `below ${end}`), 'above'],
      rows: regionSizes.map((bins, k) => [classes[k]!, ...bins.slice(1).map(String)]),
    },
    width,
  );
}
