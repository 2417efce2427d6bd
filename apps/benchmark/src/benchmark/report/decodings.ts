import { csvLink, csvText } from '../../page/csv.js';
import { breakable, html, type Html } from '../../page/html.js';
import { plural } from '../../page/plural.js';
import { table } from '../../page/table.js';
import {
  CALIBRATION_SCORES,
  DECODING_SCORES,
  testedSection,
  type CalibrationScore,
  type DecodingScore,
  type TestedSection,
} from '../decoding-results.js';
import type { Part } from '../results.js';
import { formatScore } from '../table-formats.js';
import { rowName, type Section } from '../table.js';
import { captionOf, fileName } from './board.js';

const DIGITS: Readonly<Record<DecodingScore | CalibrationScore, number>> = {
  ...{ 'Dice/image': 3, Dice: 3, 'p/q hard': 2, missed: 1, invented: 1, 'lesion F1': 3 },
  ...{ ECE: 4, ACE: 4, MCE: 4, 'p/q soft': 2 },
};

/** The decodings and the calibration that `segloss test` found for the runs; nothing where none was tested. */
export function testedTables(section: Section, part: Part): Html {
  const { title, data } = section;
  const { decodings, calibration, lesions, stale } = testedSection(section, part);
  if (data === undefined || decodings.length + calibration.length + stale === 0) return html``;
  const hasF1 = lesions !== undefined && lesions !== 'different';
  const columns = DECODING_SCORES.filter((score) => score !== 'lesion F1' || hasF1);
  const [decoded, probabilities] = [
    decodings.map(({ row, decoding, runs, scores }) => ({ names: [rowName(row), decoding], runs, scores })),
    calibration.map(({ row, k, calibrated, runs, scores }) => ({
      names: [rowName(row), data.classes[k]!, calibrated ? 'calibrated' : 'as predicted'],
      ...{ runs, scores },
    })),
  ];
  return html`${
    decoded.length === 0
      ? ''
      : html`<h3>Decodings</h3>
          <p>
            Labels that follow from the same probabilities in different ways, each image at its own size:
            <code>argmax</code>, the most probable class; <code>volume</code>, as many pixels as the
            probabilities sum to; <code>dice</code>, the mask of the best expected Dice. Found by
            <code>segloss test RUN --decode argmax,volume,dice</code>, with the best weights unless
            <code>--checkpoint</code> names others. Trainings are compared above; here compare the decodings
            of a row.${lesionText(lesions)}
          </p>
          ${scoreTable(['loss', 'decoding'], columns, decoded, captionOf('Decodings', title), fileName('decodings', title))}`
  }
  ${
    probabilities.length === 0
      ? ''
      : html`<h3>Calibration</h3>
          <p>
            Calibration errors of each class, from 15 bins of equal width (ECE, ACE, MCE), and the summed
            probabilities over the true size (p/q soft). They are the same for every decoding, because
            decoding does not change the probabilities. A temperature does (<code
              >segloss test RUN --fit-temperature</code
            >, then <code>segloss test RUN --calibrated</code>).
          </p>
          ${scoreTable(['loss', 'class', 'probabilities'], CALIBRATION_SCORES, probabilities, captionOf('Calibration', title), fileName('calibration', title))}`
  }
  ${
    stale === 0
      ? ''
      : html`<p class="quiet">
          ${plural(stale, 'run')} left out here: tested with other weights than the run has now, or by an
          older version. Run <code>segloss test</code> on them again.
        </p>`
  }`;
}

function lesionText(lesions: TestedSection['lesions']): string {
  if (lesions === undefined) return '';
  if (lesions === 'different')
    return ' The runs were tested with different --lesions, so that their lesion F1 is left out.';
  return lesions.iou === undefined
    ? ' A lesion is found by any shared pixel.'
    : ` A lesion is found at an IoU above ${lesions.iou}.`;
}

/** A table of scores with its CSV. */
function scoreTable<K extends DecodingScore | CalibrationScore>(
  names: readonly string[],
  columns: readonly K[],
  lines: readonly {
    readonly names: readonly string[];
    readonly runs: number;
    readonly scores: Readonly<Record<K, Parameters<typeof formatScore>[0]>>;
  }[],
  caption: string,
  file: string,
): Html {
  const head = [...names, ...columns, 'runs'];
  return html`${table({
    ...{ head, names: names.length, name: 'cards sortable', caption },
    rows: lines.map(({ names: [row, ...others], runs, scores }) => [
      ...[html`<code>${breakable(row!)}</code>`, ...others],
      ...columns.map((column) => formatScore(scores[column], DIGITS[column])),
      String(runs),
    ]),
  })}
  ${csvLink(file, csvText([head, ...lines.map((line) => [...line.names, ...columns.map((column) => line.scores[column].mean), line.runs])]))}`;
}
