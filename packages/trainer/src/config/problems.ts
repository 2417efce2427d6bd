import { z } from 'zod';

import { type ConfigIssue } from './config-error.js';
import { nameOf, unwrap } from './keys.js';
import { DEFAULT_NAMES } from './schema-fields.js';
import { runSchema } from './schema.js';
import { nearestName } from '@segloss/common';
import { nearestTree, valueOf, type Branch } from './tree.js';

type Path = readonly PropertyKey[];

/** What a schema found wrong, in words: where it stands, what came, what was wanted, what to do. */
export function problems(issues: readonly z.core.$ZodIssue[], tree: Branch): ConfigIssue[] {
  return issues.flatMap((issue) => problemsOf(issue, [], tree));
}

function problemsOf(issue: z.core.$ZodIssue, above: Path, tree: Branch): ConfigIssue[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey([...path, key], tree));
  }
  if (issue.code === 'invalid_union') {
    // The alternative that the value is of the kind of says more than "none fits".
    const near = issue.errors.filter((errors) => errors.some((error) => goesDeeper(error)));
    if (near.length === 1) return near[0]!.flatMap((inner) => problemsOf(inner, path, tree));
  }
  return [wrongValue(issue, path, tree)];
}

const goesDeeper = (issue: z.core.$ZodIssue): boolean =>
  issue.path.length > 0 || issue.code === 'unrecognized_keys';

function unknownKey(path: Path, tree: Branch): ConfigIssue {
  const key = String(path.at(-1));
  const parent = path.slice(0, -1);
  const known = knownKeys(parent, tree);
  const near = nearestName(key, known);
  const name = nameAt(parent, tree);
  return {
    what: `unknown key "${path.join('.')}"`,
    where: whereOf(path, tree),
    expected: `${name === undefined ? 'known keys' : `known keys of ${name}`}: ${known.join(', ')}`,
    remedy: near !== undefined ? `did you mean "${near}"?` : parent.length === 0 ? removal(key) : 'remove it',
  };
}

/** What to do with an unknown key of the run itself: those of a benchmark file are known elsewhere. */
const removal = (key: string): string =>
  key === 'base' || key === 'grid'
    ? 'this is a key of a benchmark file: train it with segloss benchmark -c FILE'
    : 'remove it';

function wrongValue(issue: z.core.$ZodIssue, path: Path, tree: Branch): ConfigIssue {
  const key = path.join('.') || 'the configuration';
  const { description, fallback, choices } = about(path, tree);
  const found = nearestTree(tree, path);
  const value = valueAt(path, tree);
  const missing = value === undefined;
  const wanted = [description, choices.length > 0 ? `one of ${choices.join(', ')}` : undefined]
    .filter((text) => text !== undefined)
    .join('; ');
  const near = typeof value === 'string' ? nearestName(value, choices) : undefined;
  const remedy =
    near !== undefined
      ? `did you mean "${near}"?`
      : missing
        ? `add ${key} to the file, or pass --set ${key}=...`
        : fallback === undefined
          ? 'change the value'
          : `change the value, or leave it out: the default is ${JSON.stringify(fallback)}`;
  return {
    what: `${key}: ${missing && issue.code !== 'custom' ? 'is missing' : reason(issue)}`,
    where: missing ? found.origin : whereOf(path, tree),
    expected: `got ${missing ? 'nothing' : shown(value)}${wanted === '' ? '' : `; wanted: ${wanted}`}`,
    remedy,
  };
}

/** What zod says, as part of a sentence; what our own checks say as it is. */
function reason({ code, message }: z.core.$ZodIssue): string {
  if (code === 'custom') return message;
  if (code === 'invalid_union') return 'none of the known';
  const short = message.replace(/^Invalid (input|option): /, '');
  return short.charAt(0).toLowerCase() + short.slice(1);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function whereOf(path: Path, tree: Branch): string {
  return nearestTree(tree, path).origin;
}

function valueAt(path: Path, tree: Branch): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    valueOf(tree),
  );
}

/** The schema at a path, of the alternative that the values choose. */
function schemaAt(path: Path, tree: Branch): z.ZodType | undefined {
  let schema: z.ZodType | undefined = runSchema;
  for (let depth = 0; depth < path.length; depth++) {
    const mapping: z.ZodObject | undefined = schema && mappingOf(schema, path.slice(0, depth), tree);
    schema = mapping?.shape[String(path[depth])] as z.ZodType | undefined;
  }
  return schema;
}

function mappingOf(schema: z.ZodType, path: Path, tree: Branch): z.ZodObject | undefined {
  const { inner } = unwrap(schema);
  if (inner instanceof z.ZodObject) return inner;
  if (inner instanceof z.ZodDiscriminatedUnion) {
    const options = inner.options as z.ZodObject[];
    return options.find((option) => nameOf(option) === nameAt(path, tree)) ?? options[0];
  }
  if (inner instanceof z.ZodUnion) {
    return (inner.options as z.ZodType[]).find((option) => option instanceof z.ZodObject) as
      z.ZodObject | undefined;
  }
  return undefined;
}

/** What the mapping at a path is called: `adam`, `poly`, ...; undefined where mappings have no names. */
function nameAt(path: Path, tree: Branch): string | undefined {
  const fallback = DEFAULT_NAMES[path.join('.') as keyof typeof DEFAULT_NAMES] as string | undefined;
  if (fallback === undefined) return undefined;
  const name = valueAt([...path, 'name'], tree);
  return typeof name === 'string' ? name : fallback;
}

function knownKeys(path: Path, tree: Branch): string[] {
  const schema = schemaAt(path, tree);
  return Object.keys((schema && mappingOf(schema, path, tree)?.shape) ?? {});
}

function about(
  path: Path,
  tree: Branch,
): { description: string | undefined; fallback: unknown; choices: string[] } {
  // A place in a list is described by the list.
  const end = path.findIndex((key) => typeof key === 'number');
  const whole = end < 0 ? path : path.slice(0, end);
  const parent = schemaAt(whole.slice(0, -1), tree);
  const union = parent && unwrap(parent).inner;
  if (whole.at(-1) === 'name' && union instanceof z.ZodDiscriminatedUnion) {
    const choices = (union.options as z.ZodObject[]).map(nameOf);
    return { description: undefined, fallback: choices[0], choices };
  }
  const schema = whole.length === 0 ? undefined : schemaAt(whole, tree);
  if (schema === undefined) return { description: undefined, fallback: undefined, choices: [] };
  const { inner, description, fallback } = unwrap(schema);
  const choices = inner instanceof z.ZodEnum ? (inner.options as string[]) : [];
  return { description, fallback, choices: choices.map(String) };
}
