import { describe, expect, it } from '@jest/globals';

import { fromHash, toHash } from '../src/state/hash.js';
import { DEFAULTS, type State } from '../src/state/state.js';

const changed: State = {
  tab: 'race',
  losses: ['dice', 'formula: 1 - overlap/(predicted + target)', 'ce + 0.5*l1(temperature=10)'],
  q: 0.125,
  scale: 'linear',
  shape: 'own',
  mask: 'A'.repeat(684),
  prediction: 'shifted',
  separability: 1.5,
  seed: 7,
  size: 128,
  q1: 0.5,
  q2: 0.25,
  card: 'boundary',
  train: 'ce + l1',
  epochs: 3,
  backend: 'webgpu',
};

describe('a link', () => {
  it('holds every part of the state, and only what differs from the defaults', () => {
    expect(fromHash(toHash(changed))).toEqual({ state: changed, notes: [] });
    expect(Object.keys(changed).sort()).toEqual(Object.keys(DEFAULTS).sort());
    expect(toHash(DEFAULTS)).toBe('#v=1');
    expect(fromHash('')).toEqual({ state: DEFAULTS, notes: [] });
  });

  it.each([
    ['#v=1&q=7', { q: 0.9 }, 'q: 7 became 0.9'],
    ['#v=1&q=abc', {}, 'q: wanted a number, got "abc"'],
    ['#v=1&backend=cuda', {}, 'backend: wanted one of auto, wasm, webgpu, got "cuda"'],
    ['#v=1&tab=admin', {}, 'tab: wanted one of curve'],
    ['#v=1&loss=nonsense', {}, 'cannot be shown here'],
    ['#v=1&loss=ce&loss=ce', { losses: ['ce'] }, undefined],
    [`#v=1${'&loss=ce'.repeat(7)}`, {}, 'wanted at most 6'],
    ['#v=9&q=0.5', { q: 0.5 }, 'version "9"'],
    ['#q=0.5', { q: 0.5 }, 'no version'],
    ['#v=1&evil=1', {}, 'Left out: evil'],
    ['#v=1&shape=own', {}, undefined],
    ['#v=1&mask=!!', {}, 'mask: "!!" cannot be read'],
    ['#v=1&q1=0.9&q2=0.9', {}, 'leave nothing for the third class'],
    ['#v=1&card=<script>', {}, 'card: "<script>" cannot be read'],
    ['#%E0%A4%A', {}, 'no version'],
    ['#v=1&q=Infinity', {}, 'wanted a number'],
    ['#v=1&seed=2.6', { seed: 3 }, 'seed: 2.6 became 3'],
  ])('%s is read with a note', (hash, more, note) => {
    const { state, notes } = fromHash(hash);
    expect(state).toEqual({ ...DEFAULTS, ...more });
    if (note === undefined) expect(notes).toEqual([]);
    else expect(notes.join(' ')).toContain(note);
  });
});
