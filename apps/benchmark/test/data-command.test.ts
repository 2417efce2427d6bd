import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';
import { encode } from 'fast-png';

import { dataCheckCommand } from '../src/commands/data.js';

const root = mkdtempSync(join(tmpdir(), 'segloss-check-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Two images whose masks hold these values in turn. */
function folder(name: string, values: number[]): string {
  const path = join(root, name);
  for (const part of ['images', 'masks']) {
    mkdirSync(join(path, part), { recursive: true });
    for (const [i, id] of ['a', 'b'].entries()) {
      const pixel = (at: number) =>
        part === 'masks' ? values[at % values.length]! : (at * (i + 3) * 17) % 256;
      const data = Uint8Array.from({ length: 1024 }, (_, at) => pixel(at));
      writeFileSync(join(path, part, `${id}.png`), encode({ width: 32, height: 32, channels: 1, data }));
    }
  }
  writeFileSync(join(path, 'classes.txt'), 'sky\nroad\ncar\n');
  return path;
}

async function check(path: string, { json = false, columns }: { json?: boolean; columns?: number } = {}) {
  let text = '';
  const stdout = { write: (part: string) => (text += part), columns } as unknown as NodeJS.WriteStream;
  const code = await dataCheckCommand(path, { json, terminal: { stdout } });
  return { code, text };
}

describe('segloss data check', () => {
  it('prints proportions and ends with 0 if the data can be used', async () => {
    const { code, text } = await check(folder('good', [0, 1, 2, 1]));
    expect(code).toBe(0);
    expect(text).toMatch(/│ road +│ +512 │ +50 % │ +50 % │ +0 │ +0 │/);
    expect(text).toMatch(/│ share of a training image │ below 0\.1 % │ below 1 %/);
    expect(text).toContain('train: 1 image: 1 of 32x32x1');
    expect(text.trim().split('\n').at(-1)).toMatch(
      /^the data can be used; next: segloss train --data '?\/.*good'?$/,
    );
  });

  it('repeats the patterns in the next command', async () => {
    let text = '';
    const stdout = { write: (part: string) => (text += part) } as unknown as NodeJS.WriteStream;
    const files = { images: 'images/*.png', masks: 'masks/{name}.png' };
    await dataCheckCommand(folder('named', [0, 1, 2, 1]), { json: false, files, terminal: { stdout } });
    expect(text.trim()).toMatch(/ --images '?images\/\*\.png'? --masks '?masks\/\{name\}\.png'?$/);
  });

  it('prints lists where the terminal is narrower than its tables', async () => {
    const { text } = await check(folder('narrow', [0, 1, 2, 1]), { columns: 60 });
    expect(text).not.toContain('│');
    expect(
      Math.max(
        ...text
          .split('\n')
          .slice(1, -4)
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(60);
    expect(text).toContain('road\n  pixels, train 512  share, train 50 %  share, val 50 %\n');
  });

  it('prints faults and what would mend them, and ends with 3', async () => {
    const path = folder('scaled', [0, 127, 255]);
    const { code, text } = await check(path);
    expect(code).toBe(3);
    expect(text).toMatch(/fault: wanted class labels in .*b.png, got 127/);
    expect(text).toContain(`to try it: echo '{"127":1,"255":2}' > '${path}/label-map.json'`);
    expect(text.trim().split('\n').at(-1)).toBe('the data cannot be used: 2 faults');
    writeFileSync(join(path, 'label-map.json'), '{"127":1,"255":2}');
    expect((await check(path)).code).toBe(0);
  });

  it('prints JSON', async () => {
    const { code, text } = await check(join(root, 'nowhere'), { json: true });
    expect(code).toBe(3);
    expect(JSON.parse(text)).toMatchObject({
      usable: false,
      faults: 1,
      problems: [{ kind: 'missing-folder' }],
    });
  });
});
