import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { lastLines, run } from './command.js';
import { type Found } from './found.js';
import { SetupError } from './setup-error.js';

/** The version whose sources compile against the wheel. */
const VERSION = '4.22.0';

/** The folder of tfjs-node in the project, installed without its own install script, which would fetch TensorFlow 2.9.1. */
export async function ensureTfjsNode(options: {
  folder: string;
  gpu: boolean;
  save: boolean;
}): Promise<Found<string>> {
  const { folder, gpu, save } = options;
  const name = gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  const before = find(folder, name);
  if (before !== undefined) return { value: before, message: `${name} in ${before}`, kept: true };
  if (!existsSync(join(folder, 'package.json'))) {
    throw new SetupError(
      `${folder}/package.json`,
      'no such file',
      'run it in the folder of your project (npm init -y makes one)',
    );
  }
  const args = ['install', '--ignore-scripts', ...(save ? [] : ['--no-save']), `${name}@${VERSION}`];
  const { ok, output } = await run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
  });
  const installed = find(folder, name);
  if (!ok || installed === undefined) {
    throw new SetupError(
      `npm ${args.join(' ')} in ${folder}`,
      lastLines(output),
      'install it by hand and run this again',
    );
  }
  return { value: installed, message: `${name}@${VERSION} installed in ${installed}` };
}

/** As Node looks for it, afresh each time: this process has looked before it was installed. */
function find(folder: string, name: string): string | undefined {
  const place = join(folder, 'node_modules', name);
  if (existsSync(join(place, 'package.json'))) return place;
  const parent = dirname(folder);
  return parent === folder ? undefined : find(parent, name);
}
