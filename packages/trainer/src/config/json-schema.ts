import { z } from 'zod';

import { runSchema } from './schema.js';

type Json = { [key: string]: unknown };

/**
 * The JSON Schema (draft 7) of a configuration file, with which editors complete and check YAML. It requires no
 * key, since the base of the file may have it.
 *
 * @example
 * ```ts
 * const { properties } = configJsonSchema();
 * properties.batchSize; // → {"default":8,"description":"Images per batch, 1 or more","type":["integer","null"],"minimum":1}
 * ```
 */
export function configJsonSchema(): Record<string, unknown> {
  const { properties, ...run } = ofOneFile(
    z.toJSONSchema(runSchema, { io: 'input', target: 'draft-7' }) as Json,
  );
  const base = {
    description: 'Base of this file, whose values it overrides: another YAML file, or preset:NAME',
    type: 'string',
    minLength: 1,
  };
  return { ...run, title: 'segloss run', properties: { extends: base, ...(properties as Json) } };
}

/** Nothing is required, a mapping may leave out its name, and null takes a key back. */
function ofOneFile(schema: Json): Json {
  const { oneOf, ...rest } = schema;
  const result: Json = { ...rest, ...(oneOf !== undefined && { anyOf: oneOf }) };
  delete result['required'];
  if (result['maximum'] === Number.MAX_SAFE_INTEGER) delete result['maximum']; // says nothing to a reader
  if (Array.isArray(result['anyOf'])) result['anyOf'] = result['anyOf'].map(ofOneFile);
  if (result['properties'] !== undefined) {
    const properties = Object.entries(result['properties'] as Record<string, Json>);
    result['properties'] = Object.fromEntries(properties.map(([key, one]) => [key, orNull(ofOneFile(one))]));
  }
  return result;
}

function orNull({ const: only, ...schema }: Json): Json {
  const choices = only === undefined ? schema['enum'] : [only];
  return {
    ...schema,
    ...(typeof schema['type'] === 'string' && { type: [schema['type'], 'null'] }),
    ...(Array.isArray(choices) && { enum: [...choices, null] }),
    ...(Array.isArray(schema['anyOf']) && { anyOf: [...schema['anyOf'], { type: 'null' }] }),
  };
}
