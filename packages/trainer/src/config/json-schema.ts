import { z } from 'zod';

import { runShape } from './schema.js';

/**
 * The JSON Schema (draft 7) of a configuration file, for editors that complete and check YAML while one writes.
 *
 * @example
 * ```ts
 * const schema = configJsonSchema();
 * schema.properties.epochs; // → {"default":20,"description":"Passes over the training images, from 1","type":"integer","minimum":1}
 * ```
 */
export function configJsonSchema(): Record<string, unknown> {
  const file = z.strictObject({
    extends: z.string().min(1).optional().describe('One base, whose values hold where this file says nothing: a file beside this one, or preset:NAME'), // prettier-ignore
    ...runShape,
  });
  const schema = z.toJSONSchema(file, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum; // says nothing to a reader
    },
  }) as Record<string, unknown>;
  return { ...schema, title: 'segloss run' };
}
