import { z } from 'zod';

import { runSchema } from './schema.js';

/** A key of a configuration as pages and messages speak of it. */
export interface ConfigKey {
  /** `optimizer.learningRate` */
  readonly path: string;
  readonly description: string;
  /** For each name of the mapping that has the key (of all: ''), its default; undefined where there is none. */
  readonly defaults: ReadonlyMap<string, unknown>;
  /** Whether its mapping cannot be without it. */
  readonly required: boolean;
}

/**
 * Every key of a configuration that has a value, in the order of the schema, with what it means and its defaults.
 *
 * @example
 * ```ts
 * const keys = configKeys();
 * keys.find(({ path }) => path === 'batchSize').description; // → "Images per batch, 1 or more"
 * keys.find(({ path }) => path === 'optimizer.weightDecay').defaults.get('adamw'); // → 0.01
 * ```
 */
export function configKeys(): ConfigKey[] {
  const found = new Map<string, { description: string; defaults: Map<string, unknown>; required: boolean }>();
  const visit = (schema: z.ZodType, path: string, name: string): void => {
    const { inner, description, fallback } = unwrap(schema);
    if (inner instanceof z.ZodDiscriminatedUnion) {
      for (const option of inner.options as z.ZodObject[]) visit(option, path, nameOf(option));
    } else if (inner instanceof z.ZodObject) {
      for (const [key, child] of Object.entries(inner.shape)) {
        visit(child as z.ZodType, path === '' ? key : `${path}.${key}`, name);
      }
    } else {
      const known = found.get(path) ?? {
        description: description ?? '',
        defaults: new Map<string, unknown>(),
        required: !schema.isOptional(),
      };
      known.defaults.set(name, fallback);
      found.set(path, known);
    }
  };
  visit(runSchema, '', '');
  return [...found].map(([path, key]) => ({ path, ...key }));
}

/** A schema without its wrappers, and what they say. */
export function unwrap(schema: z.ZodType): { inner: z.ZodType; description?: string; fallback?: unknown } {
  const { description } = schema;
  const said = description === undefined ? {} : { description };
  if (schema instanceof z.ZodDefault) {
    return { ...unwrap(schema.def.innerType as z.ZodType), ...said, fallback: schema.def.defaultValue };
  }
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return { ...unwrap(schema.def.innerType as z.ZodType), ...said };
  }
  if (schema instanceof z.ZodPipe) return { ...unwrap(schema.def.in as z.ZodType), ...said };
  return { inner: schema, ...said };
}

/** The name that an alternative of a mapping has. */
export function nameOf(option: z.ZodObject): string {
  const { inner } = unwrap(option.shape['name'] as z.ZodType);
  return String((inner as z.ZodLiteral).value);
}
