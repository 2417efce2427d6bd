import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '@segloss/testing';

import { run } from '../../../../test/packed';
import { swiftshader } from './chromium';

/** The npm package webgpu, and the environment in which it finds a Vulkan driver. */
export interface Dawn {
  readonly url: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * WebGPU for Node: the npm package webgpu, where it is installed or else from npm into the folder (its binaries for all platforms
 * are too large for everyone's install), on SwiftShader, the software GPU that comes with Chromium.
 */
export function findDawn(folder: string): Dawn | { missing: string } {
  const entry = installed(join(root, 'package.json')) ?? install(folder);
  if (typeof entry !== 'string') return entry;
  const env = driver();
  if (env === undefined)
    return {
      missing: 'no SwiftShader of a Chromium on this machine; set VK_ICD_FILENAMES to a Vulkan driver',
    };
  const url = pathToFileURL(entry).href;
  const probe = `import { create } from '${url}'; process.exit((await create([]).requestAdapter()) ? 0 : 1)`;
  const found = run(process.execPath, ['--input-type=module', '--eval', probe], folder, env);
  return found.code === 0
    ? { url, env }
    : { missing: `Dawn finds no adapter: ${found.output.slice(0, 200)}` };
}

function installed(from: string): string | undefined {
  try {
    return createRequire(from).resolve('webgpu');
  } catch {
    return undefined;
  }
}

function install(folder: string): string | { missing: string } {
  const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  const patience = ['--loglevel=error', '--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
  const { output } = run(
    'npm',
    ['install', '--prefix', folder, ...options, ...patience, 'webgpu@0.6.2'],
    folder,
  );
  return (
    installed(join(folder, 'package.json')) ?? {
      missing: `npm could not install webgpu: ${output.split('\n')[0]}`,
    }
  );
}

function driver(): NodeJS.ProcessEnv | undefined {
  if (process.env['VK_ICD_FILENAMES'] ?? process.env['VK_DRIVER_FILES']) return {};
  if (swiftshader === undefined) return undefined;
  // Chromium brings the Vulkan loader too.
  return { VK_ICD_FILENAMES: join(swiftshader, 'vk_swiftshader_icd.json'), LD_LIBRARY_PATH: swiftshader };
}
