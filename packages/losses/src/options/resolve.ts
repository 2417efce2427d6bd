import { type InputOptions, type LossDefinition, type PresetOption } from '../types.js';
import { checkInputOptions, INPUT_KEYS } from './checks.js';
import { checkKeys, suggestion } from '@segloss/common';

type Given<O> = Partial<O> & InputOptions & PresetOption;

/** Splits what a user gave into the options of a definition (with defaults) and those of the inputs. */
export function resolveOptions<O extends object>(
  definition: LossDefinition<O>,
  given: Given<O> = {},
): { options: Readonly<O>; input: InputOptions } {
  const { name, defaults } = definition;
  checkKeys(name, given, [...Object.keys(defaults), ...INPUT_KEYS, 'preset']);
  const options = { ...defaults, ...presetOf(definition, given.preset) } as Record<string, unknown>;
  const input: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || key === 'preset') continue;
    (INPUT_KEYS.includes(key) ? input : options)[key] = value;
  }
  checkInputOptions(name, input);
  definition.check?.(options as O, name);
  return { options: options as O, input };
}

function presetOf<O extends object>({ name, presets = {} }: LossDefinition<O>, preset: unknown): Partial<O> {
  if (preset === undefined) return {};
  if (typeof preset === 'string' && Object.hasOwn(presets, preset))
    return presets[preset as keyof typeof presets]!;
  const known = Object.keys(presets);
  const list = known.join(' | ') || 'none: no other library has this loss';
  throw new RangeError(
    `${name}: wanted preset ${list}, got ${JSON.stringify(preset)}${suggestion(String(preset), known)}`,
  );
}
