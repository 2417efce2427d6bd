import { Race, STEPS, type RaceSettings, type Standing } from './race.js';

/** What the page asks of a race; each request is answered by one frame, so that the page sets the pace. */
export interface RaceRequest {
  /** A new race; without it the last one continues. */
  readonly settings?: RaceSettings;
  /** Total number of steps at which to stop. */
  readonly until: number;
}

/** Milliseconds of a slice: less than a frame of the screen, so that every frame of it shows new masks. */
export const SLICE = { worker: 10, page: 8 } as const;

/** What is drawn of a race. */
export interface RaceFrame {
  readonly steps: number;
  readonly standings: readonly Standing[];
  /** Probabilities of the first seed, 0 to 255. */
  readonly masks: Uint8Array<ArrayBuffer>[];
  readonly truth: Uint8Array;
  readonly image: Uint8Array;
  /** Places of the chart since the last frame. */
  readonly added: readonly { readonly steps: number; readonly standings: readonly Standing[] }[];
}

/** Number of steps between two points of the chart. */
const EVERY = 15;

/** Runs a race in slices of time. */
export class RaceDriver {
  private readonly race: Race;

  /** @param now A clock in milliseconds. */
  constructor(
    settings: RaceSettings,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.race = new Race(settings);
  }

  /** Runs at least one step, and stops at a total number of steps or after the step that ends a slice of time. */
  advance(until: number, milliseconds: number): RaceFrame {
    const { race, now } = this;
    const end = now() + milliseconds;
    const added: { steps: number; standings: readonly Standing[] }[] = [];
    while (race.steps < Math.min(STEPS, until)) {
      race.step();
      if (race.steps % EVERY === 0) added.push({ steps: race.steps, standings: race.standings() });
      if (now() >= end) break;
    }
    return {
      steps: race.steps,
      standings: race.standings(),
      masks: race.masks() as Uint8Array<ArrayBuffer>[],
      truth: race.truth,
      image: race.image,
      added,
    };
  }
}
