import { existsSync, lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { type Found } from './found.js';

/** The names under which tfjs-node links and loads the library, in its folder deps: those of the release 2.9.1 that it was made for. */
function links(library: string): [path: string, target: string][] {
  const [all, framework] = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
  const cuda = join(library, 'nvidia');
  return [
    [`lib/${all}`, join(library, 'tensorflow', all)],
    [`lib/${framework}`, join(library, 'tensorflow', framework)],
    ['lib/libtensorflow.so', all],
    ['lib/libtensorflow.so.2', all],
    ['lib/libtensorflow.so.2.9.1', all],
    ['lib/libtensorflow_framework.so', framework],
    ['include', join(library, 'tensorflow/include')],
    ...(existsSync(cuda) ? ([['nvidia', cuda]] as [string, string][]) : []),
  ];
}

/** Makes the folder deps of tfjs-node lead to the library. */
export function linkLibrary(tfjsNode: string, library: string): Found<void> {
  const deps = join(tfjsNode, 'deps');
  const wanted = links(library).map(([path, target]) => [join(deps, path), target] as const);
  const message = `${deps} leads to ${library}`;
  if (wanted.every(([path, target]) => targetOf(path) === target))
    return { value: undefined, message, kept: true };
  rmSync(deps, { recursive: true, force: true });
  for (const [path, target] of wanted) {
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path);
  }
  return { value: undefined, message };
}

function targetOf(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isSymbolicLink() ? readlinkSync(path) : undefined;
}
