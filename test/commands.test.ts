import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root, shellCommands } from '@segloss/testing';
import { run } from './packed.js';
import { blocksOf, pages } from './pages.js';
import { readPackage } from './workspaces.js';

const segloss = join(root, 'apps/benchmark/bin/segloss.mjs');
const scripts = readPackage('.').scripts ?? {};
const helps = new Map<string, string>();

function help(...command: string[]): string {
  const key = command.join(' ');
  const known = helps.get(key) ?? run(process.execPath, [segloss, ...command, '--help'], root).output;
  helps.set(key, known);
  return known;
}

/** What is wrong with a `segloss` command: an unknown (sub)command or flag. */
function seglossProblem(words: readonly string[], command: readonly string[] = []): string | undefined {
  const [name = '', ...rest] = words;
  const shown = help(...command);
  const said = ['segloss', ...command].join(' ');
  if (/^Commands:/m.test(shown) && !name.startsWith('-')) {
    const known = new RegExp(`^ +${name}\\b`, 'm').test(shown.split(/^Commands:/m)[1]!);
    return known ? seglossProblem(rest, [...command, name]) : `${said} has no command "${name}"`;
  }
  if (command.length === 0) return undefined;
  const unknown = words.find((word) => word.startsWith('--') && !shown.includes(`${word.split('=')[0]} `));
  return unknown === undefined ? undefined : `${said} has no flag ${unknown}`;
}

/** Says what is wrong with a command of a page; undefined where it would start. */
function problem(command: readonly string[]): string | undefined {
  const [program = '', first = '', ...rest] = command;
  const script = first === 'run' ? (rest[0] ?? '') : first;
  if (program === 'npm') {
    if (['ci', 'install', 'i'].includes(first)) return undefined;
    if (!(script in scripts)) return `package.json has no script "${script}"`;
    const given = rest.slice(rest.indexOf('--') + 1);
    return script === 'demo' && rest.includes('--') ? seglossProblem(['demo', ...given]) : undefined;
  }
  if (program === 'npx' && first === 'segloss') return seglossProblem(rest);
  if (program === 'npx')
    return existsSync(join(root, 'node_modules/.bin', first)) ? undefined : `no tool "${first}"`;
  if (program === 'node') return existsSync(join(root, first)) ? undefined : `no file "${first}"`;
  if (['cd', 'git'].includes(program)) return undefined;
  return `unknown program "${program}"`;
}

const found = pages().flatMap((path) => blocksOf(path, 'sh'));

describe('sh blocks of the pages', () => {
  const checked = found.filter(({ block }) => block.info !== 'sh no-run');

  it('are mostly checked: at most 8 are marked "no-run"', () => {
    expect(found.length - checked.length).toBeLessThanOrEqual(8);
    expect(checked.length).toBeGreaterThan(0);
  });

  for (const { name, block } of checked) {
    it(`${name} names commands that exist`, () => {
      expect(shellCommands(block.code).map(problem).filter(Boolean)).toEqual([]);
    });
  }

  it.each([
    ['npm run no-such-script', 'package.json has no script "no-such-script"'],
    ['npx segloss fly', 'segloss has no command "fly"'],
    ['npx segloss benchmark --wings 2', 'segloss benchmark has no flag --wings'],
    ['npx segloss config fly', 'segloss config has no command "fly"'],
    ['npx segloss config show --wings 2', 'segloss config show has no flag --wings'],
    ['curl example.org', 'unknown program "curl"'],
  ])('a page with "%s" would be refused', (line, message) => {
    expect(shellCommands(line).map(problem)).toEqual([message]);
  });
});
