import { Race, STEPS, type RaceSettings, type Standing } from './race.js';

/** What the page asks of a race; each request is answered by one frame, so that the page sets the pace. */
export type RaceRequest =
  | { readonly kind: 'start'; readonly settings: RaceSettings; readonly until: number }
  | { readonly kind: 'run'; readonly until: number }
  | { readonly kind: 'step' };

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

  constructor(settings: RaceSettings) {
    this.race = new Race(settings);
  }

  /** Runs at least one step, until a total number of steps or a time in milliseconds is reached. */
  advance(until: number, milliseconds: number): RaceFrame {
    const { race } = this;
    const end = performance.now() + milliseconds;
    const goal = milliseconds === 0 ? Math.min(STEPS, race.steps + until) : until;
    const added: { steps: number; standings: readonly Standing[] }[] = [];
    while (race.steps < goal) {
      race.step();
      if (race.steps % EVERY === 0) added.push({ steps: race.steps, standings: race.standings() });
      if (milliseconds > 0 && performance.now() >= end) break;
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
