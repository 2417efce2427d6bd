// How a card says numbers.
import { percentText } from '../page/percent.js';

/** Relative distance from 1 within which a size counts as right. */
export const TOLERANCE = 0.1;

/** `1 %`, `0.53 %`; the sign stays with its number. */
export const percent = (share: number): string => percentText(share, 2, '\u00a0');

/** Leading digits that somebody asks for, the roundest first. */
const ROUND = [10, 1, 5, 2, 4, 6, 3, 7, 8, 9];

/** A true share as it was asked for: the pixels of a map hit 1 % only nearly, at 0.95 %. */
export function shareText(q: number): string {
  const unit = 10 ** Math.floor(Math.log10(q));
  const digit = ROUND.find((each) => Math.abs(each * unit - q) <= 0.06 * each * unit);
  return percent(digit === undefined ? q : digit * unit);
}

/** A factor with two digits: `0.53`, `1.0`, `13`, `1300`. */
export function factor(exact: number): string {
  const value = Number(exact.toPrecision(2));
  const size = Math.abs(value);
  if (size < 0.005) return '0';
  if (size >= 100) return String(value);
  return size >= 10 ? value.toFixed(0) : size >= 1 ? value.toFixed(1) : value.toFixed(2);
}

/** A size against the true one, in words. */
export function sizeWords(p: number, q: number): string {
  if (p <= q / 50) return 'no region at all';
  if (p >= 0.99) return 'the whole image';
  if (isRight(p, q)) return 'the true size';
  return `${factor(p / q)} times the true size`;
}

export const isRight = (p: number, q: number): boolean => Math.abs(p / q - 1) <= TOLERANCE;

/** The text with a capital at its start. */
export const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

/** `a`, `a and b`, `a, b and c`. */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
