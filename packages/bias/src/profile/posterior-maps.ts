import { inRandomOrder, randomNumbers } from '@segloss/common';
import { disc, pixelsByDistance } from './scene.js';
import { type PosteriorName } from './types.js';

/** Width of the maps, in pixels. */
export const MAP_SIDE = 10;
/** Readers, each with labels of their own. */
export const READERS = 5;

/** Labels of every reader. */
export interface PosteriorMap {
  readonly name: PosteriorName;
  /** One list of 0 and 1 for each reader. */
  readonly labels: readonly Int32Array[];
}

/** The uncertain truths on which losses are compared; the expectation over the readers is exact. */
export function posteriorMaps(): readonly PosteriorMap[] {
  return [
    { name: 'label-noise', labels: labelNoise() },
    { name: 'blurred-border', labels: each((reader) => disc(MAP_SIDE, 12 + 6 * reader)) },
    { name: 'shifted', labels: each(shiftedDisc) },
  ];
}

const each = (labels: (reader: number) => Int32Array) =>
  Array.from({ length: READERS }, (_, reader) => labels(reader));

/**
 * Pixels of the core are given by 4 of 5 readers, those about it by 2, the rest by 1. Who gives which goes round, so that every reader
 * gives as many pixels: then Dice's best prediction is a threshold exactly.
 */
function labelNoise(): Int32Array[] {
  const { order } = pixelsByDistance(MAP_SIDE);
  const random = randomNumbers(3);
  const groups = [
    { pixels: order.slice(0, 15), givers: 4 },
    { pixels: order.slice(15, 40), givers: 2 },
    { pixels: order.slice(40), givers: 1 },
  ];
  const labels = each(() => new Int32Array(MAP_SIDE * MAP_SIDE));
  for (const { pixels, givers } of groups) {
    inRandomOrder(pixels, random).forEach((pixel, place) => {
      for (let giver = 0; giver < givers; giver++) labels[(place + giver) % READERS]![pixel] = 1;
    });
  }
  return labels;
}

/** A disc of 20 pixels, its middle on a circle of two pixels about that of the map. */
function shiftedDisc(reader: number): Int32Array {
  const angle = (2 * Math.PI * (reader + 0.3)) / READERS;
  return disc(
    MAP_SIDE,
    20,
    MAP_SIDE / 2 - 0.5 + 2 * Math.sin(angle),
    MAP_SIDE / 2 - 0.5 + 2 * Math.cos(angle),
  );
}

/** The share of the readers that give each pixel to the foreground. */
export function posteriorOf({ labels }: PosteriorMap): number[] {
  return Array.from(labels[0]!, (_, i) => labels.reduce((sum, one) => sum + one[i]!, 0) / labels.length);
}
