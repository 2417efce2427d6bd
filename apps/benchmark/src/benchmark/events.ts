import { z } from 'zod';

export const schemaVersion = 1;

/** JSON has no NaN: an undefined score (an absent class) travels as null. */
const score = z
  .number()
  .nullable()
  .transform((value) => value ?? NaN);
const scores = z.array(score);
const terms = z.record(z.string(), score);

const scoresSchema = z.object({
  /** Per class, over all pixels of the validation set. */
  dice: scores,
  iou: scores,
  /** Per class, in pixels, mean over the images that have the class. */
  hd95: scores,
  meanDice: score,
  meanIou: score,
  meanHd95: score,
  /** Per class, proportions of the validation pixels. */
  truth: scores,
  soft: scores,
  hard: scores,
});

const caseSchema = z.object({
  id: z.string(),
  /** Why this image was chosen: the size of its region. */
  region: z.string(),
  proportion: z.number(),
  /** RGB bytes, packed. */
  image: z.string(),
  /** Label bytes, packed. */
  truth: z.string(),
});

const common = { schemaVersion: z.literal(schemaVersion), time: z.string() };

const experimentStart = z.object({
  ...common,
  type: z.literal('experiment.start'),
  command: z.string(),
  environment: z.record(z.string(), z.string()),
  data: z.object({
    name: z.string(),
    description: z.string(),
    classes: z.array(z.string()),
    train: z.number(),
    val: z.number(),
    height: z.number(),
    width: z.number(),
    channels: z.number(),
    /** Per class, proportions of the labelled pixels of each part. */
    trainTruth: scores,
    valTruth: scores,
  }),
  settings: z.object({
    seeds: z.array(z.number()),
    epochs: z.number(),
    batchSize: z.number(),
    learningRate: z.number(),
    widths: z.array(z.number()),
    norm: z.enum(['batch', 'none']),
    backend: z.string(),
    jobs: z.number(),
  }),
  losses: z.array(
    z.object({
      spec: z.string(),
      /** Modules of the user's own losses that this spec uses. */
      sources: z.array(z.object({ name: z.string(), path: z.string(), sha256: z.string() })),
    }),
  ),
  /** What one gets without training: every pixel the same class. */
  trivial: z.array(z.object({ name: z.string(), scores: scoresSchema })),
  /** The penalty of each loss on the predicted proportion of the rarest class. */
  penalties: z.array(
    z.object({
      spec: z.string(),
      /** True proportion, of the training images. */
      truth: z.number(),
      /** Predicted proportion and penalty less its minimum. */
      points: z.array(z.tuple([z.number(), z.number()])),
      /** Predicted proportion where the penalty is least; null where no term has a penalty in closed form. */
      argmin: z.number().nullable(),
      /** Terms that the curve leaves out, because no closed form is known. */
      unknown: z.array(z.string()),
    }),
  ),
  cases: z.array(caseSchema),
});

const runStart = z.object({
  ...common,
  type: z.literal('run.start'),
  run: z.string(),
  spec: z.string(),
  seed: z.number(),
  backend: z.object({ name: z.string(), reason: z.string() }),
  parameters: z.number(),
});

const epoch = z.object({
  ...common,
  type: z.literal('epoch'),
  run: z.string(),
  spec: z.string(),
  seed: z.number(),
  epoch: z.number(),
  seconds: z.number(),
  loss: score,
  terms,
  val: z.object({
    loss: score,
    terms,
    dice: scores,
    iou: scores,
    meanDice: score,
    meanIou: score,
    truth: scores,
    soft: scores,
    hard: scores,
  }),
});

const runEnd = z.object({
  ...common,
  type: z.literal('run.end'),
  run: z.string(),
  spec: z.string(),
  seed: z.number(),
  status: z.enum(['ok', 'diverged', 'failed', 'interrupted']),
  seconds: score,
  message: z.string().optional(),
  scores: scoresSchema.optional(),
  /** Predicted label bytes of the report's cases, packed, in their order. */
  predictions: z.array(z.string()).optional(),
});

const experimentEnd = z.object({
  ...common,
  type: z.literal('experiment.end'),
  seconds: z.number(),
  interrupted: z.boolean(),
});

const eventSchema = z.discriminatedUnion('type', [experimentStart, runStart, epoch, runEnd, experimentEnd]);

/** One line of `results.jsonl`. */
export type Event = z.output<typeof eventSchema>;
export type EventOf<Type extends Event['type']> = Extract<Event, { type: Type }>;
export type Scores = z.output<typeof scoresSchema>;
export type Case = z.output<typeof caseSchema>;

/**
 * Reads the text of a `results.jsonl`: one JSON object a line, checked against the schema.
 *
 * @param text The whole file. A last line cut short (the machine lost power) is left out.
 * @returns The events in the file's order; `null` scores come back as NaN.
 * @throws {RangeError} If another line is not an event of this schema version; the message names the line.
 *
 * @example
 * ```ts
 * const line = '{"schemaVersion":1,"time":"","type":"experiment.end","seconds":2,"interrupted":false}';
 * readEvents(line)[0].seconds; // → 2
 * readEvents(line + '\n{"schemaVers').length; // → 1
 * ```
 */
export function readEvents(text: string): Event[] {
  const lines = text.split('\n');
  const events: Event[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      if (index === lines.length - 1) continue;
      throw new RangeError(`readEvents: wanted JSON on line ${index + 1}, got "${line.slice(0, 40)}"`);
    }
    const result = eventSchema.safeParse(value);
    if (!result.success) {
      throw new RangeError(
        `readEvents: wanted an event of schema version ${schemaVersion} on line ${index + 1}, got ${z.prettifyError(result.error)}`,
      );
    }
    events.push(result.data);
  }
  return events;
}

type Unstamped<T> = T extends Event ? Omit<T, 'schemaVersion' | 'time'> : never;
/** An event before {@link stamp} puts the version and the clock on it. */
export type EventBody = Unstamped<Event>;

/** Puts the schema version and the time of day on an event. */
export function stamp(body: EventBody): Event {
  return { schemaVersion, time: new Date().toISOString(), ...body } as Event;
}
