import { STEPS, type RaceSettings } from '../../core/race.js';
import { lookOf, nameOf } from '../../state/state.js';
import { LineFigure } from '../../ui/chart.js';
import { Notice, Swatch } from '../../ui/controls.js';
import { paintBytes } from '../../ui/paint.js';
import { Picture, Tile } from '../../ui/picture.js';
import { DataTable } from '../../ui/table.js';
import { mean, percent, ratio } from '../../ui/text.js';
import { frame, type Result } from './engine.js';

const range = (values: readonly number[]) => [Math.min(...values), Math.max(...values)] as const;
/** Sizes below this leave the logarithmic axis. */
const FLOOR = 0.01;
const floor = (value: number) => Math.max(value, FLOOR);

/** The sizes of a race in words. */
export const sentence = ({ settings: { specs }, standings }: Result): string =>
  standings
    .map(({ soft, hard }, i) => `${nameOf(specs[i]!)}: ${ratio(mean(soft))} soft, ${ratio(mean(hard))} hard.`)
    .join(' ');

/** The images of the first seed; each is drawn by itself at every frame. */
export function RaceImages({ specs, size, q }: RaceSettings) {
  const { image, truth } = frame.peek()!;
  const white = truth.map((one) => 255 * one);
  return (
    <div class="card">
      <div class="tiles race-tiles">
        <Tile title="Image">
          <Picture size={size} label="Image" draw={(context) => paintBytes(context, image)} />
        </Tile>
        <Tile title="Truth" detail={`q = ${percent(q)}`}>
          <Picture size={size} label="Truth" draw={(context) => paintBytes(context, white)} />
        </Tile>
        {specs.map((spec, i) => (
          <Tile key={spec} spec={spec} detail="first seed">
            <Picture
              size={size}
              label={`Prediction of ${nameOf(spec)}`}
              draw={(context) => {
                const mask = frame.value?.masks[i];
                if (mask !== undefined) paintBytes(context, mask);
              }}
            />
          </Tile>
        ))}
      </div>
    </div>
  );
}

/** Chart and table of a race. */
export function Standings(result: Result) {
  const { settings, steps, standings, history } = result;
  const { specs, seeds } = settings;
  const series = specs.flatMap((spec, i) => {
    const look = lookOf(spec);
    const of = (kind: 'soft' | 'hard') => history.map((one) => [one.steps, one.standings[i]![kind]] as const);
    const means = (kind: 'soft' | 'hard') => of(kind).map(([x, all]) => [x, floor(mean(all))] as const);
    return [
      {
        name: `${nameOf(spec)}, soft`,
        look,
        dash: '0',
        points: means('soft'),
        band: of('soft').map(([x, all]) => [x, ...range(all).map(floor)] as [number, number, number]),
      },
      { name: `${nameOf(spec)}, hard`, look, dash: '5 4', points: means('hard') },
    ];
  });
  return (
    <>
      <div class="card">
        <LineFigure
          file="segloss-race"
          chart={{
            title: `Predicted / true size, mean and range of ${seeds} seeds`,
            description: sentence(result),
            x: { label: 'step', domain: [0, STEPS] },
            y: { label: 'p/q', scale: 'log' },
            height: 340,
            marks: [{ y: 1, label: '1: the true size' }],
            series,
          }}
        />
      </div>
      <DataTable
        id="standings"
        label="Standings"
        caption={`After ${steps} steps: means of ${seeds} seeds, and their range`}
        columns={['Loss', 'Soft p/q', 'Hard p/q', 'Range, hard', 'Dice score']}
        note="Soft: probabilities summed. Hard: pixels above one half. A loss can have the one right and the other wrong; the L1 term repairs the soft size exactly, not the hard mask of a tiny region."
      >
        {specs.map((spec, i) => {
          const { soft, hard, dice } = standings[i]!;
          return (
            <tr key={spec} data-spec={spec} data-soft={mean(soft)} data-hard={mean(hard)}>
              <th scope="row">
                <Swatch spec={spec} /> {nameOf(spec)}
              </th>
              <td>{ratio(mean(soft))}</td>
              <td>{ratio(mean(hard))}</td>
              <td>{range(hard).map(ratio).join(' to ')}</td>
              <td>{mean(dice).toFixed(3)}</td>
            </tr>
          );
        })}
      </DataTable>
    </>
  );
}

/** What there is to see. */
export function RaceNotice({ settings: { specs }, standings, steps }: Result) {
  const words = standings.map(({ soft, hard }, i) => {
    const [s, h] = [mean(soft), mean(hard)];
    const name = nameOf(specs[i]!);
    if (Math.abs(s - 1) < 0.05 && h < 0.1)
      return `${name}: the soft size is right, and its mask is all but empty`;
    if (h > 1.1) return `${name} draws ${ratio(h)} times the true size`;
    if (h < 0.9) return `${name} draws ${ratio(h)} of the true size`;
    return `${name} draws ${ratio(h)} times the true size, about right`;
  });
  return (
    <Notice>
      <p>
        {steps < STEPS
          ? `Step ${steps}: watch the bands; wide ones mean that the seed decides, not the loss.`
          : `${words.join('; ')}.`}
      </p>
    </Notice>
  );
}
