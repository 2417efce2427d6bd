import { useEffect, useId, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { seriesLook } from '@segloss/charts';

import { FORMULA } from '../core/losses.js';
import { MAX_LOSSES } from '../state/hash.js';
import { lookOf, nameOf, OFFERED, refusalOf, state, update, type State } from '../state/state.js';

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  /** Steps of the slider are even in the logarithm. */
  readonly log?: boolean;
  /** Shown in percent. */
  readonly percent?: boolean;
  readonly hint?: string;
  readonly onChange: (value: number) => void;
}

/** Steps of a logarithmic slider. */
const STEPS = 200;

/** A slider with a box for the same number. Page keys move it by a tenth. */
export function Slider({
  label,
  value,
  min,
  max,
  step = 0.001,
  log = false,
  percent = false,
  hint,
  onChange,
}: SliderProps) {
  const id = useId();
  const factor = percent ? 100 : 1;
  const [low, high] = log ? [Math.log(min), Math.log(max)] : [min, max];
  // A logarithmic slider counts its own steps, so that its ends are the ends.
  const toSlider = (one: number) => (log ? Math.round((STEPS * (Math.log(one) - low)) / (high - low)) : one);
  const fromSlider = (one: number) => (log ? Math.exp(low + (one / STEPS) * (high - low)) : one);
  const set = (one: number) => {
    if (Number.isFinite(one)) onChange(Number(Math.min(max, Math.max(min, one)).toPrecision(4)));
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <span class="field-box">
        <input
          type="number"
          aria-label={`${label}, as a number`}
          min={Number((min * factor).toPrecision(4))}
          max={Number((max * factor).toPrecision(4))}
          step="any"
          value={Number((value * factor).toPrecision(4))}
          onChange={(event) => set(Number(event.currentTarget.value) / factor)}
        />
        {percent && <span aria-hidden="true">%</span>}
      </span>
      <input
        id={id}
        type="range"
        min={log ? 0 : low}
        max={log ? STEPS : high}
        step={log ? 1 : step}
        value={toSlider(value)}
        aria-valuetext={`${Number((value * factor).toPrecision(3))}${percent ? ' percent' : ''}`}
        onInput={(event) => set(fromSlider(Number(event.currentTarget.value)))}
      />
      {hint && <small>{hint}</small>}
    </div>
  );
}

/** The slider of the true size, the same on every screen but for its limits. */
export function SizeSlider(props: Pick<SliderProps, 'label' | 'value' | 'min' | 'max' | 'hint'>) {
  return <Slider {...props} log percent onChange={(q) => update({ q })} />;
}

/** The slider of the seed. */
export function SeedSlider({ label, value }: Pick<SliderProps, 'label' | 'value'>) {
  return (
    <Slider
      label={label}
      value={value}
      min={0}
      max={99}
      step={1}
      onChange={(seed) => update({ seed: Math.round(seed) })}
    />
  );
}

interface PresetsProps {
  readonly presets: readonly { readonly name: string; readonly more: Partial<State> }[];
  readonly onChoose: (more: Partial<State>) => void;
}

/** Settings that are chosen by a button. */
export function Presets({ presets, onChoose }: PresetsProps) {
  return (
    <fieldset class="presets">
      <legend>Presets</legend>
      <div class="segments">
        {presets.map(({ name, more }) => (
          <button key={name} type="button" onClick={() => onChoose(more)}>
            {name}
          </button>
        ))}
      </div>
    </fieldset>
  );
}

interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly hint?: string;
  /** Texts that are offered. */
  readonly offered?: readonly string[];
  readonly onInput: (text: string) => void;
}

/** A line of text. */
export function TextField({ label, value, placeholder, hint, offered, onInput }: TextFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        class="wide"
        id={id}
        type="text"
        spellcheck={false}
        value={value}
        placeholder={placeholder}
        list={offered && `${id}-offered`}
        aria-describedby={hint && `${id}-hint`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {offered && (
        <datalist id={`${id}-offered`}>
          {offered.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      {hint && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

/** What went wrong. */
export function Problem({ children }: { children: string }) {
  return children === '' ? null : (
    <p class="note" role="alert" id="problem">
      {children}
    </p>
  );
}

/** Says that work has not answered for long. */
export function Silence({ seconds }: { seconds: number }) {
  return seconds === 0 ? null : (
    <p class="note" role="status" id="silence">
      No answer for {seconds} seconds. The machine may be busy: wait, or stop it and start again.
    </p>
  );
}

/** Calls back when Escape is pressed. */
export function useEscape(onEscape: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && onEscape();
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [onEscape]);
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly choices: readonly (readonly [value: T, name: string])[];
  readonly onChange: (value: T) => void;
}

/** A group of buttons of which one is pressed. */
export function Choice<T extends string>({ label, value, choices, onChange }: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      <div class="segments">
        {choices.map(([one, text]) => (
          <label key={one} class={one === value ? 'on' : ''}>
            <input
              type="radio"
              name={name}
              value={one}
              checked={one === value}
              onChange={() => onChange(one)}
            />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Which losses are shown. */
export function LossPicker() {
  const { losses } = state.value;
  const own = losses.filter((spec) => OFFERED.every((one) => one.spec !== spec));
  const toggle = (spec: string) =>
    update({ losses: losses.includes(spec) ? losses.filter((one) => one !== spec) : [...losses, spec] });
  const full = losses.length >= MAX_LOSSES;
  return (
    <fieldset class="losses">
      <legend>Losses</legend>
      {[...OFFERED.map(({ spec }) => spec), ...own].map((spec) => (
        <label key={spec} class="loss">
          <input
            type="checkbox"
            checked={losses.includes(spec)}
            disabled={full && !losses.includes(spec)}
            onChange={() => toggle(spec)}
          />
          <Swatch spec={spec} />
          <span>{nameOf(spec)}</span>
        </label>
      ))}
      {full && <small>At most {MAX_LOSSES} at a time.</small>}
      <AddLoss />
    </fieldset>
  );
}

/** The line by which a loss is drawn. */
export function Swatch({ spec }: { spec: string }) {
  const { colour, dash } = seriesLook(lookOf(spec));
  return (
    <svg class="swatch" width="26" height="10" aria-hidden="true">
      <line x1="1" x2="25" y1="5" y2="5" stroke={colour} stroke-width="3" stroke-dasharray={dash} />
    </svg>
  );
}

/** A spec or a formula of the user's own. */
function AddLoss() {
  const id = useId();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const [open, setOpen] = useState(false);
  const add = (event: Event) => {
    event.preventDefault();
    const isFormula = /\b(overlap|predicted|target|count)\b/.test(text) && !text.startsWith(FORMULA);
    const spec = isFormula ? `${FORMULA} ${text.trim()}` : text.trim();
    const refusal = spec === '' ? 'Write a spec or a formula.' : refusalOf(spec);
    setProblem(refusal);
    if (refusal !== undefined) return;
    if (!state.value.losses.includes(spec))
      update({ losses: [...state.value.losses, spec].slice(-MAX_LOSSES) });
    setText('');
  };
  if (!open) {
    return (
      <button type="button" class="quiet-button" onClick={() => setOpen(true)}>
        + Add a spec or a formula
      </button>
    );
  }
  return (
    <form class="add" onSubmit={add}>
      <label for={id}>Spec or formula</label>
      <input
        id={id}
        type="text"
        spellcheck={false}
        autocomplete="off"
        value={text}
        placeholder="1 - (2*overlap + 1)/(target + predicted + 1)"
        aria-describedby={`${id}-help`}
        aria-invalid={problem !== undefined}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <small id={`${id}-help`}>
        A spec such as <code>ce + 0.5*l1(temperature=10)</code>, or a formula of <code>overlap</code>,{' '}
        <code>predicted</code>, <code>target</code> and <code>count</code>, in pixels.
      </small>
      {problem && (
        <small class="problem" role="alert">
          {problem}
        </small>
      )}
      <button type="submit">Add</button>
    </form>
  );
}

/** The frame of a screen: controls at the left, results at the right. */
export function Screen({ controls, children }: { controls: ComponentChildren; children: ComponentChildren }) {
  return (
    <div class="screen">
      <aside class="panel" aria-label="Controls">
        {controls}
      </aside>
      <div class="results">{children}</div>
    </div>
  );
}

/** A sentence that says what there is to see. */
export function Notice({ children }: { children: ComponentChildren }) {
  return (
    <div class="notice">
      <span class="notice-title">What to notice</span>
      {children}
    </div>
  );
}
