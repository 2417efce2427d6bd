import { existsSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

import { lastLines, run } from './command.js';
import { type Found } from './found.js';
import { SetupError } from './setup-error.js';

/** Where node-pre-gyp puts the binding, and tfjs-node loads it from. */
const BINDING = 'lib/napi-v8/tfjs_binding.node';

/** Whether the binding is there. */
export function hasBinding(tfjsNode: string): boolean {
  return existsSync(join(tfjsNode, BINDING));
}

/** Compiles the two C++ files of tfjs-node against the library that deps leads to. */
export async function buildBinding(options: {
  tfjsNode: string;
  nodedir: string | undefined;
  cache: string;
}): Promise<Found<void>> {
  const { tfjsNode, nodedir, cache } = options;
  const command = ['--no', 'node-pre-gyp', 'install', '--build-from-source'];
  const begin = performance.now();
  const { ok, output } = await run('npx', command, {
    cwd: tfjsNode,
    env: {
      PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter), // for this Node
      ...(nodedir !== undefined && { npm_config_nodedir: nodedir }),
    },
  });
  const log = join(cache, 'build.log');
  writeFileSync(log, `${output}\n`);
  if (!ok || !hasBinding(tfjsNode)) {
    const error = output
      .split('\n')
      .find((line) => /\berror\b(?!s?\.)/i.test(line) && !/gyp info/.test(line));
    throw new SetupError(
      `npx ${command.join(' ')} in ${tfjsNode}`,
      error?.trim() ?? lastLines(output),
      `the whole output is in ${log}; a compiler that knows C++17 (g++ 8 or newer) is needed`,
    );
  }
  return { value: undefined, message: `${BINDING} in ${((performance.now() - begin) / 1000).toFixed(0)} s` };
}
