import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '@segloss/testing';

import { withSection, type Generator } from './generator.js';

const sources = (folder: string) =>
  readdirSync(join(root, folder)).flatMap((name) => (name.endsWith('.ts') ? [`${folder}/${name}`] : []));

/** The output in docs/analyze.md: three losses, trained and compared with the built command. */
export const analyzeExample: Generator = {
  name: 'analyze',
  slow: {
    inputs: {
      files: ['tools/docs/analyze-example.mjs', ...sources('apps/benchmark/src/analyze')],
      packages: false,
    },
    seconds: 180,
  },
  generate() {
    const folder = mkdtempSync(join(tmpdir(), 'segloss-'));
    try {
      const program = join(root, 'tools/docs/analyze-example.mjs');
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'analyze-example'], {
        cwd: folder,
        encoding: 'utf8',
        maxBuffer: 2 ** 26,
      });
      if (status !== 0) throw new Error(`docs:generate: the example ended with ${status}:\n${stderr}`);
      return withSection(
        'docs/analyze.md',
        'example',
        `\`\`\`text\n${stdout.replaceAll(`${folder}/`, '').trim()}\n\`\`\``,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
