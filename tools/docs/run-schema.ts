import { configJsonSchema, configKeys, type ConfigKey } from '@segloss/trainer';

import { table, withSection, type Generator } from './generator.js';

/** The JSON schema of a run's configuration, and the table of its keys in docs/training.md. */
export const runSchema: Generator = {
  name: 'schema',
  generate: () =>
    new Map([
      ['packages/trainer/schema/run.schema.json', JSON.stringify(configJsonSchema())],
      ...withSection('docs/training.md', 'keys', keyTable()),
    ]),
};

function keyTable(): string {
  const rows = configKeys().map((key) => [`\`${key.path}\``, key.description, defaultsOf(key)]);
  return table(['key', 'what it means', 'default'], rows);
}

/** Mappings whose keys depend on their `name`. */
const NAMED = ['optimizer', 'schedule'];

/** The default for all names, or one for each name that has the key. */
function defaultsOf({ path, defaults, required }: ConfigKey): string {
  const mapping = path.split('.')[0]!;
  const names = configKeys().find((key) => key.path === `${mapping}.name`)?.defaults.size ?? 1;
  const everywhere = defaults.size === names || !NAMED.includes(mapping);
  const those = everywhere ? '' : ` (${[...defaults.keys()].join(', ')})`;
  const given = [...defaults].filter(([, value]) => value !== undefined);
  if (given.length === 0) return required ? `must be given${those}` : '';
  const values = given.map(([, value]) => `\`${JSON.stringify(value)}\``);
  if (new Set(values).size === 1) return `${values[0]}${those}`;
  return given.map(([name], i) => `${values[i]} (${name})`).join(', ');
}
