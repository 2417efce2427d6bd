import { randomStream } from '@segloss/data/samples';

import { lightLoss, type LightLoss } from './losses.js';
import { pixelsOf, sigmoid, type Pixels } from './pixels.js';

/** A race: the same pixel classifier, trained from the same start by several losses. */
export interface RaceSettings {
  readonly specs: readonly string[];
  /** Height and width of the image. */
  readonly size: number;
  /** True proportion of the foreground. */
  readonly q: number;
  /** Distance of the means of foreground and background intensities, in standard deviations of each. */
  readonly separability: number;
  /** First seed, and how many. */
  readonly seed: number;
  readonly seeds: number;
}

/** The learning rate of Adam, and the number of steps of a race. */
export const RATE = 0.05;
export const STEPS = 1500;

/** State of one loss: one number for each seed. */
export interface Standing {
  /** p/q from summed probabilities, and from counted labels. */
  readonly soft: readonly number[];
  readonly hard: readonly number[];
  readonly dice: readonly number[];
}

/** One racer: a logistic classifier s = sigmoid(a x + b) and its Adam moments. */
class Racer {
  private readonly theta = new Float64Array(2);
  private readonly first = new Float64Array(2);
  private readonly second = new Float64Array(2);
  private readonly pixels: Pixels;
  private steps = 0;

  constructor(
    private readonly loss: LightLoss,
    private readonly x: Float64Array,
    y: Uint8Array,
  ) {
    this.pixels = pixelsOf(new Float64Array(x.length), y);
  }

  step(): void {
    const gradient = this.loss.gradient(this.pixels);
    const sums = [0, 0];
    for (let i = 0; i < gradient.length; i++) {
      sums[0]! += gradient[i]! * this.x[i]!;
      sums[1]! += gradient[i]!;
    }
    this.steps++;
    for (let k = 0; k < 2; k++) {
      this.first[k] = 0.9 * this.first[k]! + 0.1 * sums[k]!;
      this.second[k] = 0.999 * this.second[k]! + 0.001 * sums[k]! ** 2;
      const [m, v] = [this.first[k]! / (1 - 0.9 ** this.steps), this.second[k]! / (1 - 0.999 ** this.steps)];
      this.theta[k]! -= (RATE * m) / (Math.sqrt(v) + 1e-8);
    }
    this.predict();
  }

  private predict(): void {
    const { z, s } = this.pixels;
    const [a, b] = this.theta as unknown as [number, number];
    for (let i = 0; i < z.length; i++) {
      z[i] = a * this.x[i]! + b;
      s[i] = sigmoid(z[i]!);
    }
  }

  standing(): { soft: number; hard: number; dice: number } {
    const { s, y } = this.pixels;
    let [target, soft, hard, hit] = [0, 0, 0, 0];
    for (let i = 0; i < s.length; i++) {
      const label = s[i]! > 0.5 ? 1 : 0;
      target += y[i]!;
      soft += s[i]!;
      hard += label;
      hit += label & y[i]!;
    }
    return { soft: soft / target, hard: hard / target, dice: (2 * hit) / (hard + target) };
  }

  probabilities(): Uint8Array {
    return Uint8Array.from(this.pixels.s, (s) => Math.round(255 * s));
  }
}

/** The race itself; the same settings give the same numbers. */
export class Race {
  /** For each loss the racers of all seeds. */
  private readonly racers: readonly (readonly Racer[])[];
  /** The true mask, and the image of the first seed from 0 to 255. */
  readonly truth: Uint8Array;
  readonly image: Uint8Array;
  steps = 0;

  /** @throws {RangeError} If a loss has no light form. */
  constructor({ specs, size, q, separability, seed, seeds }: RaceSettings) {
    const y = disc(size, q);
    const share = y.reduce((sum, one) => sum + one, 0) / y.length;
    const images = Array.from({ length: seeds }, (_, i) => noisy(y, separability, seed + i));
    this.truth = y;
    this.image = Uint8Array.from(images[0]!, (v) => Math.max(0, Math.min(255, 96 + 24 * v)));
    this.racers = specs.map((spec) => {
      const loss = lightLoss(spec, share);
      if (loss === undefined) throw new RangeError(`race: wanted a loss of the first screens, got "${spec}"`);
      return images.map((x) => new Racer(loss, x, y));
    });
  }

  /** One step of every racer. */
  step(): void {
    for (const group of this.racers) for (const racer of group) racer.step();
    this.steps++;
  }

  standings(): Standing[] {
    return this.racers.map((group) => {
      const all = group.map((racer) => racer.standing());
      return {
        soft: all.map((one) => one.soft),
        hard: all.map((one) => one.hard),
        dice: all.map((one) => one.dice),
      };
    });
  }

  /** The probabilities of the first seed, 0 to 255, for each loss. */
  masks(): Uint8Array[] {
    return this.racers.map((group) => group[0]!.probabilities());
  }
}

/** A disc with the share q of a square image: the pixels nearest to the center. */
export function disc(size: number, q: number): Uint8Array {
  const center = (size - 1) / 2;
  const distances = Array.from({ length: size * size }, (_, i) => {
    const [row, column] = [Math.floor(i / size), i % size];
    return (row - center) ** 2 + (column - center) ** 2;
  });
  const count = Math.max(1, Math.round(q * size * size));
  const order = distances.map((_, i) => i).sort((a, b) => distances[a]! - distances[b]! || a - b);
  const mask = new Uint8Array(size * size);
  for (const i of order.slice(0, count)) mask[i] = 1;
  return mask;
}

/** Intensities: standard normal in the background, shifted by the separability in the foreground. */
function noisy(y: Uint8Array, separability: number, seed: number): Float64Array {
  const random = randomStream(seed).fork('race');
  return Float64Array.from(y, (label) => random.normal() + separability * label);
}
