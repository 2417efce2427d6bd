// Writes schema/run.schema.json, and the table of keys of docs/training.md, from the schema in src/config; after a build.
import { readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { configJsonSchema, configKeys } from '../../packages/trainer/dist/index.js';

const at = (path) => new URL(path, import.meta.url);

const json = await format(JSON.stringify(configJsonSchema()), { parser: 'json' });
writeFileSync(at('../../packages/trainer/schema/run.schema.json'), json);

const page = at('../../docs/training.md');
const keys = configKeys();
const named = ['optimizer', 'schedule'];
const shown = (value) => `\`${JSON.stringify(value)}\``;

/** A default for all, or one for each name of the mapping that has the key. */
function defaults({ path, defaults, required }) {
  const given = [...defaults].filter(([, value]) => value !== undefined);
  const names = keys.find((key) => key.path === `${path.split('.')[0]}.name`)?.defaults.size ?? 1;
  const everywhere = defaults.size === names || !named.includes(path.split('.')[0]);
  if (given.length === 0)
    return required ? `must be given${everywhere ? '' : ` (${[...defaults.keys()]})`}` : '';
  const values = given.map(([, value]) => shown(value));
  if (new Set(values).size === 1)
    return values[0] + (everywhere ? '' : ` (${[...defaults.keys()].join(', ')})`);
  return given.map(([name], i) => `${values[i]} (${name})`).join(', ');
}
const rows = keys.map((key) => `| \`${key.path}\` | ${key.description} | ${defaults(key)} |`).join('\n');
const text = readFileSync(page, 'utf8').replace(
  /(<!-- keys -->)[^]*?(<!-- end of keys -->)/,
  `$1\n\n| key | what it means | default |\n| --- | --- | --- |\n${rows}\n\n$2`,
);
writeFileSync(page, await format(text, { parser: 'markdown' }));
