import { computed, signal } from '@preact/signals';
import { barChart } from '@segloss/charts';
import { useEffect, useRef } from 'preact/hooks';

import { lightLoss } from '../core/losses.js';
import { pixelsOf, regionSums } from '../core/pixels.js';
import { packMask, predictedLogits, shapeMask, SIDE, unpackMask } from '../core/scene.js';
import { nameOf, said, state, update, type PredictionName, type Shape } from '../state/state.js';
import { Drawing, useWidth } from '../ui/chart.js';
import { Choice, LossPicker, Notice, Screen, SizeSlider } from '../ui/controls.js';
import { paintDiverging, paintShares } from '../ui/paint.js';
import { Picture, Tile, useRedraw } from '../ui/picture.js';
import { percent, signed } from '../ui/text.js';

const SHAPE_NAMES: readonly (readonly [Shape, string])[] = [
  ['disc', 'Disc'],
  ['dots', 'Dots'],
  ['ring', 'Ring'],
  ['bar', 'Bar'],
  ['speck', 'Speck'],
];
const PREDICTION_NAMES: readonly (readonly [PredictionName, string])[] = [
  ['blurred', 'Unsure at the border'],
  ['uniform', 'Same everywhere'],
  ['shifted', 'Shifted'],
  ['small', 'Too small'],
  ['large', 'Too large'],
];

const mask = computed(() => {
  const { shape, q, mask: packed } = state.value;
  if (shape !== 'own') return shapeMask(shape, q);
  try {
    return unpackMask(packed);
  } catch {
    return shapeMask('disc', q);
  }
});
const pixels = computed(() => pixelsOf(predictedLogits(mask.value, state.value.prediction), mask.value));

/** The push of each loss on every logit, -∂L/∂z, and their sum: the push on the size. */
const pushes = computed(() => {
  const sums = regionSums(pixels.value);
  return state.value.losses.flatMap((spec) => {
    const loss = lightLoss(spec, sums.target / sums.count);
    if (loss === undefined) return [];
    const map = loss.gradient(pixels.value).map((one) => -one);
    return [{ spec, map, net: map.reduce((sum, one) => sum + one, 0) }];
  });
});

const brush = signal(3);
const erasing = signal(false);
const undo: string[] = [];

/** Who pulls which pixel: gradient maps of several losses on one mask. */
export function PaintView() {
  const { shape, prediction, q } = state.value;
  const sums = regionSums(pixels.value);
  const scale = Math.max(
    1e-12,
    ...pushes.value.map(({ map }) => map.reduce((most, one) => Math.max(most, Math.abs(one)), 0)),
  );
  return (
    <Screen
      controls={
        <>
          <LossPicker />
          <Choice
            label="True mask"
            value={shape}
            choices={SHAPE_NAMES}
            onChange={(value) => update({ shape: value })}
          />
          {shape !== 'own' && <SizeSlider label="Size of the shape" value={q} min={0.001} max={0.6} />}
          <Choice
            label="Prediction"
            value={prediction}
            choices={PREDICTION_NAMES}
            onChange={(value) => update({ prediction: value })}
          />
        </>
      }
    >
      <Notice>
        <p>{noticeOf(pushes.value)}</p>
      </Notice>
      <div class="card">
        <div class="tiles">
          <Tile title="True mask" detail={`q = ${percent(sums.target / sums.count)}`}>
            <PaintCanvas />
          </Tile>
          <Tile title="Prediction" detail={`p = ${percent(sums.predicted / sums.count)}`}>
            <Picture
              size={SIDE}
              label="Predicted probabilities"
              draw={(context) => paintShares(context, pixels.value.s)}
            />
          </Tile>
          {pushes.value.map(({ spec, map, net }) => (
            <Tile key={spec} spec={spec} detail={`in sum ${signed(net)}`} data-net={net}>
              <Picture
                size={SIDE}
                label={`Push of ${nameOf(spec)} on every pixel; in sum ${signed(net)}`}
                draw={(context) => paintDiverging(context, map, scale)}
              />
            </Tile>
          ))}
        </div>
        <p class="scale-legend">
          <span>
            <i class="down" /> pushes the probability down
          </span>
          <span>
            <i class="up" /> pushes it up
          </span>
          <span>one scale for all maps</span>
        </p>
      </div>
      <div class="card">
        <Bars />
      </div>
      <Brush />
    </Screen>
  );
}

function noticeOf(all: readonly { spec: string; net: number }[]): string {
  if (all.length === 0) return 'Choose a loss.';
  const words = all.map(({ spec, net }) =>
    Math.abs(net) < 1e-3
      ? `${nameOf(spec)} leaves the size alone`
      : `${nameOf(spec)} ${net > 0 ? 'grows' : 'shrinks'} it (${signed(net)})`,
  );
  return `The sum of a map is the push on the size of the region: ${words.join('; ')}.`;
}

function Bars() {
  const [ref, width] = useWidth<HTMLDivElement>();
  return (
    <div ref={ref}>
      <Drawing
        svg={barChart({
          title: 'Push on the size: the sum of each map, −Σ ∂L/∂z',
          description: noticeOf(pushes.value),
          categories: pushes.value.map(({ spec }) => nameOf(spec)),
          value: { label: 'push on the size; above 0 it grows' },
          series: [{ name: 'push', bars: pushes.value.map(({ net }) => ({ value: net })) }],
          width,
        })}
      />
    </div>
  );
}

/** Adds or removes a disc of pixels. */
function stroke(row: number, column: number): void {
  const next = Uint8Array.from(mask.value);
  const radius = brush.value / 2;
  for (let i = 0; i < next.length; i++) {
    const [dr, dc] = [Math.floor(i / SIDE) - row, (i % SIDE) - column];
    if (dr ** 2 + dc ** 2 <= radius ** 2) next[i] = erasing.value ? 0 : 1;
  }
  update({ shape: 'own', mask: packMask(next) });
}

const remember = () => {
  undo.push(packMask(mask.value));
  if (undo.length > 50) undo.shift();
};

function takeBack(): void {
  const last = undo.pop();
  if (last === undefined) said.value = 'Nothing to undo.';
  else update({ shape: 'own', mask: last });
}

/** The mask to paint on: with a pointer, or with arrow keys and Space. */
function PaintCanvas() {
  const ref = useRef<HTMLCanvasElement>(null);
  const cursor = useRef<[number, number]>([SIDE / 2, SIDE / 2]);
  const focused = useRef(false);
  const draw = () => {
    const context = ref.current!.getContext('2d')!;
    paintShares(context, Float64Array.from(mask.value));
    if (!focused.current) return;
    const [row, column] = cursor.current;
    context.strokeStyle = '#e69f00';
    context.lineWidth = 1;
    context.strokeRect(column - brush.value / 2, row - brush.value / 2, brush.value + 1, brush.value + 1);
  };
  useEffect(draw);
  useRedraw(ref, draw);
  const at = (event: PointerEvent): [number, number] => {
    const box = ref.current!.getBoundingClientRect();
    return [
      Math.floor(((event.clientY - box.top) / box.height) * SIDE),
      Math.floor(((event.clientX - box.left) / box.width) * SIDE),
    ];
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Record<string, readonly [number, number]> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    };
    const move = moves[event.key];
    const step = event.shiftKey ? 8 : 1;
    if (move)
      cursor.current = cursor.current.map((one, i) => Math.max(0, Math.min(SIDE - 1, one + step * move[i]!))) as [number, number]; // prettier-ignore
    else if (event.key === ' ') {
      remember();
      stroke(...cursor.current);
      said.value = `${erasing.value ? 'Erased' : 'Painted'} at row ${cursor.current[0]}, column ${cursor.current[1]}.`;
    } else if (event.key === '[') brush.value = Math.max(1, brush.value - 2);
    else if (event.key === ']') brush.value = Math.min(21, brush.value + 2);
    else if (event.key.toLowerCase() === 'e') erasing.value = !erasing.value;
    else if (event.key.toLowerCase() === 'u') takeBack();
    else return;
    event.preventDefault();
    draw();
  };
  return (
    <canvas
      ref={ref}
      class="paintable"
      width={SIDE}
      height={SIDE}
      tabIndex={0}
      role="application"
      aria-label="True mask, to paint on. Arrow keys move, Space paints, brackets change the brush, E erases, U takes back."
      onKeyDown={onKeyDown}
      onFocus={() => {
        focused.current = true;
        draw();
      }}
      onBlur={() => {
        focused.current = false;
        draw();
      }}
      onPointerDown={(event) => {
        remember();
        event.currentTarget.setPointerCapture(event.pointerId);
        stroke(...at(event));
      }}
      onPointerMove={(event) => event.buttons > 0 && stroke(...at(event))}
    />
  );
}

function Brush() {
  return (
    <div class="card brush">
      <strong>Paint on the true mask.</strong>
      <label>
        Brush{' '}
        <input
          type="range"
          min={1}
          max={21}
          step={2}
          value={brush.value}
          onInput={(event) => (brush.value = Number(event.currentTarget.value))}
        />{' '}
        {brush.value} px
      </label>
      <label>
        <input type="checkbox" checked={erasing.value} onChange={() => (erasing.value = !erasing.value)} />{' '}
        Erase
      </label>
      <button type="button" onClick={takeBack}>
        Undo
      </button>
      <small>
        Keys on the mask: arrows, <kbd>Space</kbd>, <kbd>[</kbd> <kbd>]</kbd>, <kbd>E</kbd>, <kbd>U</kbd>.
      </small>
    </div>
  );
}
