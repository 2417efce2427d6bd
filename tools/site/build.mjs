// `npm run site`: docs, API reference and playground as one static folder, `site/`. `--quick` leaves the API reference out.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { brokenLinks } from './check.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const quick = process.argv.includes('--quick');

function run(command, ...args) {
  const { status } = spawnSync('npx', [command, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} failed`);
}

/** The notes of changes that are not released yet. */
function changelog() {
  const folder = join(root, '.changeset');
  const notes = readdirSync(folder)
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .sort()
    .map((name) => /^---\n([^]*?)\n---\n([^]*)$/.exec(readFileSync(join(folder, name), 'utf8')))
    .filter((found) => found !== null)
    .map(([, head, text]) => {
      const packages = [...head.matchAll(/^['"]?([^'":]+)['"]?:/gm)].map(([, name]) =>
        name.replace('@segloss/', ''),
      );
      return `- **${packages.join(', ')}**: ${text.trim().replaceAll('\n', '\n  ')}`;
    });
  return `# Changelog\n\nWhat is new since the last release, by package.\n\n${notes.join('\n\n')}\n`;
}

rmSync(join(root, 'site-pages'), { recursive: true, force: true });
mkdirSync(join(root, 'site-pages'), { recursive: true });
writeFileSync(join(root, 'site-pages/changelog.md'), changelog());
if (!quick) run('typedoc', '--options', 'tools/site/typedoc.json');
// The playground has the kernels in it; turbo keeps them while their sources are the same.
run('turbo', 'run', 'build', '--filter=@segloss/kernels', '--output-logs=errors-only');
run('vitepress', 'build', 'docs');
run('vite', 'build', 'apps/playground', '--config', 'apps/playground/vite.config.ts', '--logLevel', 'warn');
cpSync(join(root, 'apps/playground/dist'), join(root, 'site/playground'), { recursive: true });
const broken = brokenLinks(join(root, 'site'), process.env.SITE_BASE);
if (broken.length > 0)
  throw new Error(`${broken.length} links of the site are broken:\n${broken.slice(0, 20).join('\n')}`);
console.log('site/ is ready, and its links lead somewhere: npm run site:check opens pages in Chromium');
