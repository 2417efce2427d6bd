import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

import { lastLines, run } from './command.js';
import { type Found } from './found.js';
import { SetupError } from './setup-error.js';
import { unpack } from './unpack.js';

/** The release that tfjs-node 4.22 was proven on. */
const RELEASE = '2.21.0';
/** Nothing of the wheel but its C library is used: that for one Python serves any. Its glibc may be any from 2.5 to 2.28. */
const KIND = [
  '--no-deps',
  '--only-binary=:all:',
  '--implementation=cp',
  '--python-version=3.11',
  '--platform=manylinux2014_x86_64',
  ...Array.from({ length: 24 }, (_, i) => `--platform=manylinux_2_${i + 5}_x86_64`),
];
const INCLUDED = ['tensorflow/c/', 'tensorflow/core/platform/', 'tsl/', 'xla/tsl/'];
const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

export interface LibraryOptions {
  readonly python: string;
  readonly gpu: boolean;
  /** Where unpacked libraries are kept, one folder each. */
  readonly cache: string;
  /** A wheel on the disk in place of that of the package index. */
  readonly wheel?: string | undefined;
}

/** The folder of a library that an earlier run has unpacked. */
export function keptLibrary({
  gpu,
  cache,
  wheel,
}: Omit<LibraryOptions, 'python'>): Found<string> | undefined {
  const prefix = wheel === undefined ? `tensorflow${gpu ? '' : '_cpu'}-${RELEASE}-` : nameOf(wheel);
  const name = existsSync(cache)
    ? readdirSync(cache).find((entry) => entry.startsWith(prefix) && !entry.endsWith('.part'))
    : undefined;
  if (name === undefined) return undefined;
  return { value: join(cache, name), message: join(cache, name), kept: true };
}

/** The wheel that is given. */
export function givenWheel(wheel: string): Found<string> {
  if (existsSync(wheel) && wheel.endsWith('.whl')) return { value: wheel, message: wheel, kept: true };
  throw new SetupError(
    `the wheel ${wheel}`,
    existsSync(wheel) ? 'no file of the kind .whl' : 'no such file',
    'give --wheel the path of a wheel of tensorflow-cpu or tensorflow',
  );
}

/** Brings the wheel from the package index. */
export async function bringWheel({ python, gpu, cache }: LibraryOptions): Promise<Found<string>> {
  const requirement = `${gpu ? 'tensorflow' : 'tensorflow-cpu'}==${RELEASE}`;
  const [file] = await download(python, [requirement], join(cache, 'wheels.part'));
  return { value: file!, message: `${requirement}: ${basename(file!)}` };
}

/** Takes the C library and its headers out of the wheel, and for a GPU what it needs of CUDA. */
export async function unpackLibrary(wheel: string, options: LibraryOptions): Promise<Found<string>> {
  const { python, gpu, cache } = options;
  const name = nameOf(wheel);
  const [part, whole] = [join(cache, `${name}.part`), join(cache, name)];
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  const wanted = [
    'tensorflow/libtensorflow_',
    ...INCLUDED.map((path) => `tensorflow/include/${path}`),
    metadataOf(name),
  ];
  const { ok, output } = await unpack(python, wheel, part, wanted);
  if (!ok) {
    throw new SetupError(
      `to unpack ${wheel}`,
      lastLines(output, 1),
      'remove the file and run this again, or give another --wheel',
    );
  }
  const missing = [...LIBRARIES, 'include/tensorflow/c/c_api.h'].find(
    (path) => !existsSync(join(part, 'tensorflow', path)),
  );
  if (missing !== undefined) {
    throw new SetupError(
      `to find tensorflow/${missing} in ${basename(wheel)}`,
      'no such file in it',
      `give --wheel one for Linux of TensorFlow ${RELEASE}`,
    );
  }
  if (gpu) await addCuda(part, name, options);
  rmSync(whole, { recursive: true, force: true });
  renameSync(part, whole); // only what is whole has this name
  rmSync(join(cache, 'wheels.part'), { recursive: true, force: true });
  return { value: whole, message: whole };
}

/** The libraries of CUDA lie beside the folder tensorflow, where the C library looks for them. */
async function addCuda(part: string, name: string, { python, cache }: LibraryOptions): Promise<void> {
  const requirements = cudaRequirements(readFileSync(join(part, metadataOf(name), 'METADATA'), 'utf8'));
  const folder = join(cache, 'wheels.part/cuda');
  for (const file of await download(python, requirements, folder)) {
    const { ok, output } = await unpack(python, file, part, ['nvidia/']);
    if (!ok)
      throw new SetupError(`to unpack ${file}`, lastLines(output, 1), `remove ${folder} and run this again`);
    rmSync(file);
  }
}

/** The packages that a wheel's metadata asks for under the extra `and-cuda`. */
export function cudaRequirements(metadata: string): string[] {
  const lines = metadata.matchAll(/^Requires-Dist: ([^;\n]+?) *; *extra == ["']and-cuda["']/gm);
  return [...lines].map(([, requirement]) => requirement!);
}

async function download(python: string, requirements: readonly string[], folder: string): Promise<string[]> {
  rmSync(folder, { recursive: true, force: true });
  const args = ['-m', 'pip', 'download', ...KIND, '--dest', folder, ...requirements];
  const { ok, output } = await run(python, [...args, '--quiet', '--disable-pip-version-check']);
  if (!ok) {
    throw new SetupError(
      `${python} -m pip download ${requirements.join(' ')}`,
      lastLines(output),
      'see that pip reaches its package index, or bring the wheel by other means and give it by --wheel FILE',
    );
  }
  return readdirSync(folder).map((file) => join(folder, file));
}

const nameOf = (wheel: string) => basename(wheel).replace(/\.whl$/, '');
const metadataOf = (name: string) => `${name.split('-').slice(0, 2).join('-')}.dist-info`;
