import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.js';

/** Numbers beyond JSON come as 'NaN', 'Infinity' and '-Infinity': read every value with Number(...). */
export type GoldenNumber = number | string;

export interface GoldenInput {
  mode: 'binary' | 'multiclass' | 'multilabel';
  description: string;
  shapeLogits: number[];
  logits: number[];
  shapeLabels: number[];
  labels: number[];
}

export interface GoldenCase {
  id: string;
  loss: string;
  options: Record<string, unknown>;
  mode: 'binary' | 'multiclass' | 'multilabel';
  layout: string;
  input: string;
  shapeLogits: number[];
  shapeLabels: number[];
  labelEncoding: string;
  value64: GoldenNumber;
  grad64: GoldenNumber[];
  terms?: Record<string, GoldenNumber> | GoldenNumber[];
  finite?: boolean;
  gradAmbiguous?: boolean;
  quirks?: string[];
  [key: string]: unknown;
}

export interface GoldenFile {
  library: string;
  defaults: Record<string, Record<string, unknown>>;
  inputs: Record<string, GoldenInput>;
  cases: GoldenCase[];
  [key: string]: unknown;
}

/** A folder beside the repository with larger test material; most clones do not have it. */
export const sharedFolder = join(root, '..', 'shared');

/** The golden vectors `../shared/golden/<name>.json`, or undefined where they are not there. */
export function goldenFile(name: string): GoldenFile | undefined {
  const path = join(sharedFolder, 'golden', `${name}.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as GoldenFile) : undefined;
}

/** A folder of real images, `../shared/data/<name>`, or undefined where it is not there. */
export function sharedData(name: string): string | undefined {
  const path = join(sharedFolder, 'data', name);
  return existsSync(path) ? path : undefined;
}
