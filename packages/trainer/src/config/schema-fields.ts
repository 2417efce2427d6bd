import { z } from 'zod';

/** The mappings that have a `name`, and the name that is meant where none stands. */
export const DEFAULT_NAMES = { model: 'unet', optimizer: 'adam', schedule: 'constant' } as const;

// The ranges of numbers.
export const count = z.int().min(1);
export const positive = z.number().positive();
export const notNegative = z.number().min(0);
export const share = z.number().min(0).lt(1);
export const side = z.int().min(8);

/** The mapping's name, which may be left out where it is the default. */
export const defaultName = <N extends string>(name: N) => z.literal(name).optional().default(name);
