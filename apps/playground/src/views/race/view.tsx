import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

import { STEPS, type RaceSettings } from '../../core/race.js';
import { said, state, update, type State } from '../../state/state.js';
import {
  Choice,
  LossPicker,
  Notice,
  Presets,
  Problem,
  Screen,
  SeedSlider,
  SizeSlider,
  Slider,
  useEscape,
} from '../../ui/controls.js';
import { Predict } from '../../ui/predict.js';
import { frame, place, problem, reset, result, running, sameRace, start, stop } from './engine.js';
import { PRESETS } from './presets.js';
import { RaceImages, RaceNotice, sentence, Standings } from './standings.js';

const SEEDS = 5;
/** Milliseconds between two sentences for a screen reader. */
const SAY_EVERY = 2000;

const settingsOf = ({ losses, size, q, separability, seed }: State): RaceSettings => ({
  specs: losses,
  size,
  q,
  separability,
  seed,
  seeds: SEEDS,
});

/** The same classifier, the same start, several losses. */
export function RaceView() {
  const { q, separability, seed, size } = state.value;
  useEscape(stop);
  useEffect(() => stop, []);
  useSaid();
  const shown = result.value;
  const stale = shown !== undefined && !sameRace(shown.settings, settingsOf(state.value));
  return (
    <Screen
      controls={
        <>
          <Presets
            presets={PRESETS}
            onChoose={(more) => {
              reset();
              update(more);
            }}
          />
          <LossPicker />
          <SizeSlider label="True size q" value={q} min={0.002} max={0.7} />
          <Slider
            label="Separability d"
            value={separability}
            min={0.5}
            max={6}
            step={0.1}
            hint="Distance of foreground and background intensities, in standard deviations."
            onChange={(value) => update({ separability: value })}
          />
          <SeedSlider label="First seed" value={seed} />
          <Choice
            label="Image"
            value={String(size)}
            choices={[['64', '64 × 64'], ['128', '128 × 128']]} // prettier-ignore
            onChange={(value) => update({ size: Number(value) })}
          />
        </>
      }
    >
      <RunBar stale={stale} />
      <Problem>{problem.value}</Problem>
      {stale && <p class="note">The settings have changed; run again to see their race.</p>}
      {shown === undefined ? <Before /> : <RaceNotice {...shown} />}
      {shown !== undefined && frame.peek() !== undefined && <RaceImages {...shown.settings} />}
      {shown !== undefined && <Standings {...shown} />}
    </Screen>
  );
}

/** Says how the race stands, now and then. */
function useSaid(): void {
  const last = useRef(0);
  useSignalEffect(() => {
    const shown = result.value;
    if (shown === undefined) return;
    if (running.value && performance.now() - last.current < SAY_EVERY) return;
    last.current = performance.now();
    said.value = `Step ${shown.steps}. ${sentence(shown)}`;
  });
}

function RunBar({ stale }: { stale: boolean }) {
  const none = state.value.losses.length === 0;
  const steps = stale ? 0 : (result.value?.steps ?? 0);
  const run = (until: number) => start(settingsOf(state.value), until);
  return (
    <div class="card run-bar">
      <button
        type="button"
        class="primary"
        id="race-run"
        disabled={none}
        onClick={() => (running.value ? stop() : run(STEPS))}
      >
        {running.value ? 'Pause' : steps > 0 && steps < STEPS ? 'Continue' : 'Run'}
      </button>
      <button
        type="button"
        id="race-step"
        disabled={running.value || none}
        onClick={() => run((steps < STEPS ? steps : 0) + 1)}
      >
        Step
      </button>
      <button type="button" id="race-reset" onClick={reset}>
        Reset
      </button>
      <Steps />
      {place.value === 'page' && <small>No worker here: the page makes the steps itself.</small>}
    </div>
  );
}

/** The number of steps, at every frame. */
function Steps() {
  const steps = frame.value?.steps ?? 0;
  return (
    <>
      <progress aria-label="Steps" max={STEPS} value={steps} />
      <span id="race-steps">
        {steps} / {STEPS} steps
      </span>
    </>
  );
}

function Before() {
  return (
    <>
      <Notice>
        <p>
          One image, a pixel classifier with two weights, {SEEDS} seeds for each loss: same pixels, same
          start, same steps. The losses alone decide how large the region becomes.
        </p>
      </Notice>
      <Predict
        question="Preset “Rare & clear”: a region of 1 %, well separated. After training with Dice, how large is the mask that it draws?"
        options={['About 0.8 of the true size', 'Exactly the true size', 'Twice the true size']}
        answer={0}
        because="Dice draws clear small regions too small, and blurry ones by chance too large or too small: its seeds differ the most. Run it, then try “Rare & blurry”."
      />
    </>
  );
}
