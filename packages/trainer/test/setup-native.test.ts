import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  writeFileSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setupNative, type SetupProgress } from '@segloss/trainer/setup-native';

import { run, temporaryFolder } from '../../../test/packed';
import { buildBinding } from '../src/setup-native/build';
import { checkDisk } from '../src/setup-native/disk';
import { bringWheel, cudaRequirements, keptLibrary, unpackLibrary } from '../src/setup-native/libtensorflow';
import { linkLibrary } from '../src/setup-native/links';
import { checkPlatform } from '../src/setup-native/platform';
import { findPython } from '../src/setup-native/python';
import { ensureTfjsNode } from '../src/setup-native/tfjs-node';

const temporary = temporaryFolder();
afterAll(() => temporary.remove());
const at = (...names: string[]) => join(temporary.path, ...names);
function write(path: string, text: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const hasPython = spawnSync('python3', ['--version']).status === 0;
const withPython = hasPython ? describe : describe.skip;
const windows = process.platform === 'win32';

describe('the platform', () => {
  const linux = { platform: 'linux', arch: 'x64', glibc: '2.36' };

  it('may be Linux on x64 with a glibc from 2.27 on', () => {
    for (const glibc of ['2.27', '2.36', '3.0']) {
      expect(checkPlatform({ ...linux, glibc }).message).toBe(`linux x64, glibc ${glibc}`);
    }
  });

  it.each([
    [
      { ...linux, platform: 'darwin' },
      'tried the platform, which has to be linux x64, got darwin x64; use npm install',
    ],
    [{ ...linux, arch: 'arm64' }, 'got linux arm64'],
    [{ ...linux, glibc: undefined }, 'got another C library (Alpine has musl)'],
    [{ ...linux, glibc: '2.17' }, '2.27 or newer, got 2.17; use npm install'],
  ])('%j is refused, with what to do', (host, message) => {
    expect(() => checkPlatform(host)).toThrow(message);
  });
});

describe('Python', () => {
  it('is asked for where there is none', async () => {
    await expect(findPython('no-such-python')).rejects.toThrow(
      'tried no-such-python --version, got no such program; install Python 3.9 or newer with pip, or say where it is: --python PATH',
    );
  });

  (windows ? it.skip : it)('without pip says how to get pip', async () => {
    const python = write(
      at('no-pip'),
      '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.12.0 && exit\necho No module named pip >&2\nexit 1\n',
    );
    chmodSync(python, 0o755);
    await expect(findPython(python)).rejects.toThrow(
      /no-pip -m pip --version, got No module named pip; install pip/,
    );
  });
});

describe('tfjs-node', () => {
  it('is kept where the project has it', async () => {
    const folder = at('has');
    write(join(folder, 'package.json'), '{}');
    const path = join(folder, 'node_modules/@tensorflow/tfjs-node');
    write(join(path, 'package.json'), '{"name":"@tensorflow/tfjs-node","version":"4.22.0"}');
    const found = await ensureTfjsNode({ folder, gpu: false, save: true });
    expect(found).toMatchObject({
      kept: true,
      message: expect.stringContaining('@tensorflow/tfjs-node in '),
    });
  });

  it('is not installed into a folder that is no project', async () => {
    mkdirSync(at('nothing'), { recursive: true });
    await expect(ensureTfjsNode({ folder: at('nothing'), gpu: true, save: true })).rejects.toThrow(
      /nothing\/package.json, got no such file; run it in the folder of your project/,
    );
  });
});

describe('the links', () => {
  const library = at('library');
  const tfjsNode = at('tfjs-node');
  beforeEach(() => {
    for (const folder of [library, tfjsNode]) rmSync(folder, { recursive: true, force: true });
    write(join(library, 'tensorflow/libtensorflow_cc.so.2'), 'all');
    write(join(library, 'tensorflow/libtensorflow_framework.so.2'), 'framework');
    write(join(library, 'tensorflow/include/tensorflow/c/c_api.h'), 'header');
    write(join(tfjsNode, 'deps/lib/libtensorflow.so'), 'of 2.9.1');
  });

  it('replace what a stock install left, lead to the library, and stand the second time', () => {
    expect(linkLibrary(tfjsNode, library).kept).toBeUndefined();
    const read = (path: string) => readFileSync(join(tfjsNode, 'deps', path), 'utf8');
    for (const name of [
      'libtensorflow.so',
      'libtensorflow.so.2',
      'libtensorflow.so.2.9.1',
      'libtensorflow_cc.so.2',
    ])
      expect(read(`lib/${name}`)).toBe('all');
    for (const name of ['libtensorflow_framework.so', 'libtensorflow_framework.so.2'])
      expect(read(`lib/${name}`)).toBe('framework');
    expect(read('include/tensorflow/c/c_api.h')).toBe('header');
    expect(existsSync(join(tfjsNode, 'deps/nvidia'))).toBe(false);
    expect(linkLibrary(tfjsNode, library).kept).toBe(true);
  });

  it('have CUDA beside them where the library has it', () => {
    write(join(library, 'nvidia/cudnn/lib/libcudnn.so.9'), 'cudnn');
    expect(linkLibrary(tfjsNode, library).kept).toBeUndefined();
    expect(readlinkSync(join(tfjsNode, 'deps/nvidia'))).toBe(join(library, 'nvidia'));
  });
});

describe('the binding', () => {
  it('that does not compile is told with the command and the log', async () => {
    const tfjsNode = at('empty-package');
    write(join(tfjsNode, 'package.json'), '{"name":"empty"}');
    mkdirSync(at('cache'), { recursive: true });
    await expect(buildBinding({ tfjsNode, nodedir: undefined, cache: at('cache') })).rejects.toThrow(
      /tried npx --no node-pre-gyp install --build-from-source in .*empty-package, got .+; the whole output is in .*build.log/,
    );
    expect(readFileSync(at('cache/build.log'), 'utf8').length).toBeGreaterThan(1);
  });
});

it('the disk is looked at', () => {
  expect(checkDisk(at('disk'), false).message).toMatch(/^[\d.]+ GB free in .*disk, 1.5 GB needed$/);
});

it('the packages of CUDA are those of the extra and-cuda', () => {
  const metadata = [
    'Requires-Dist: numpy>=1.26',
    'Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"',
    "Requires-Dist: nvidia-nccl-cu12<3.0,>=2.27.7 ; extra == 'and-cuda'",
    'Requires-Dist: tensorflow-text; extra == "text"',
  ].join('\n');
  expect(cudaRequirements(metadata)).toEqual([
    'nvidia-cublas-cu12<13.0,>=12.5.3.2',
    'nvidia-nccl-cu12<3.0,>=2.27.7',
  ]);
});

withPython(`the wheel${hasPython ? '' : ' (skipped: no python3)'}`, () => {
  const cache = at('wheels');
  const options = { python: 'python3', gpu: false, cache };

  /** A wheel with these files. */
  function wheel(name: string, files: Record<string, string>): string {
    const program =
      'import json, sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], "w") as z:\n  for n, t in json.loads(sys.argv[2]).items(): z.writestr(n, t)';
    mkdirSync(cache, { recursive: true });
    const path = at(name);
    const { code, output } = run('python3', ['-c', program, path, JSON.stringify(files)], temporary.path);
    expect(`${code} ${output}`).toBe('0 ');
    return path;
  }
  const whole = {
    'tensorflow/libtensorflow_cc.so.2': 'all',
    'tensorflow/libtensorflow_framework.so.2': 'framework',
    'tensorflow/include/tensorflow/c/c_api.h': 'header',
    'tensorflow/python/keras/large.py': 'not needed',
    'tensorflow_cpu-2.21.0.dist-info/METADATA': '',
  };

  beforeEach(() => rmSync(cache, { recursive: true, force: true }));

  it('gives the library and its headers, nothing else, and is then kept', async () => {
    const file = wheel('tensorflow_cpu-2.21.0-cp311-cp311-linux_x86_64.whl', whole);
    expect(keptLibrary({ gpu: false, cache })).toBeUndefined();
    const { value } = await unpackLibrary(file, options);
    expect(readdirSync(join(value, 'tensorflow')).sort()).toEqual([
      'include',
      'libtensorflow_cc.so.2',
      'libtensorflow_framework.so.2',
    ]);
    expect(readdirSync(cache)).toEqual(['tensorflow_cpu-2.21.0-cp311-cp311-linux_x86_64']);
    expect(keptLibrary({ gpu: false, cache })).toMatchObject({ value, kept: true });
    expect(keptLibrary({ gpu: false, cache, wheel: file })).toMatchObject({ value });
    expect(keptLibrary({ gpu: true, cache })).toBeUndefined();
  });

  it('without the library is refused, and leaves nothing that a later run would take', async () => {
    const others = Object.fromEntries(Object.entries(whole).filter(([path]) => !path.includes('_cc.so')));
    const file = wheel('tensorflow_cpu-2.10.0-cp310-cp310-linux_x86_64.whl', others);
    await expect(unpackLibrary(file, options)).rejects.toThrow(
      'tried to find tensorflow/libtensorflow_cc.so.2 in tensorflow_cpu-2.10.0-cp310-cp310-linux_x86_64.whl, got no such file in it',
    );
    expect(keptLibrary({ gpu: false, cache, wheel: file })).toBeUndefined();
  });

  it('that is no archive is told', async () => {
    const file = write(at('broken-1-py3-none-any.whl'), '<html>403</html>');
    await expect(unpackLibrary(file, options)).rejects.toThrow(
      /got .*File is not a zip file; remove the file/,
    );
  });

  (windows ? it.skip : it)('that pip cannot bring is told with what pip says', async () => {
    const python = write(
      at('offline'),
      '#!/bin/sh\necho ERROR: No matching distribution found >&2\nexit 1\n',
    );
    chmodSync(python, 0o755);
    await expect(bringWheel({ ...options, python })).rejects.toThrow(
      /-m pip download tensorflow-cpu==2.21.0, got ERROR: No matching distribution found; see that pip reaches .* give it by --wheel FILE/,
    );
  });
});

describe('setupNative', () => {
  it('names the step that failed, and announced it', async () => {
    const steps: SetupProgress[] = [];
    const onProgress = (progress: SetupProgress) => steps.push(progress);
    await expect(setupNative({ wheel: at('none.whl'), onProgress })).rejects.toMatchObject({
      name: 'SetupError',
      step: 'wheel',
      got: 'no such file',
      message: expect.stringMatching(
        /^setup-native, wheel: tried the wheel .*none.whl, got no such file; give --wheel/,
      ),
    });
    expect(steps).toEqual([{ step: 'wheel', state: 'start', message: '' }]);
  });

  it('refuses an unknown option', async () => {
    await expect(setupNative({ wheels: 'a' } as never)).rejects.toThrow(
      'unknown option "wheels" (did you mean "wheel"?)',
    );
  });
});

const given = process.env['SEGLOSS_TENSORFLOW_WHEEL'];
const whole = given === undefined ? describe.skip : describe;
whole(
  `setupNative${given === undefined ? ' (skipped: SEGLOSS_TENSORFLOW_WHEEL names no wheel)' : ''}`,
  () => {
    const folder = at('project');
    const messages: string[] = [];
    beforeAll(async () => {
      write(join(folder, 'package.json'), '{"private":true}');
      process.env['XDG_CACHE_HOME'] = at('xdg');
      const onProgress = ({ step, state }: SetupProgress) => messages.push(`${step} ${state}`);
      // The trainer of this repository does not see what another project has, and says so at the end.
      await setupNative({ folder, wheel: given!, save: false, onProgress }).catch((error: Error) =>
        messages.push(error.message),
      );
    });

    it('builds a binding that computes', () => {
      expect(messages).toEqual(expect.arrayContaining(['library done', 'links done', 'binding done']));
      const program = `const tf = require('@tensorflow/tfjs-node'); console.log('sum', tf.sum(tf.ones([9])).dataSync()[0])`;
      expect(run(process.execPath, ['--eval', program], folder).output).toMatch(/sum 9/);
    });
  },
);
