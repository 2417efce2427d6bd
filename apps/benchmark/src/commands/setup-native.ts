import { setupNative, type SetupProgress } from '@segloss/trainer/setup-native';
import type { Command } from 'commander';

import { exitCodes } from '../errors.js';
import { colorsFor, type Terminal } from '../terminal.js';

interface SetupFlags {
  gpu?: boolean;
  wheel?: string;
  python?: string;
  save: boolean;
}

/** `segloss setup-native`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  command
    .option('--gpu', 'use TensorFlow with CUDA, for NVIDIA GPUs')
    .option('--wheel <file>', 'wheel file to use instead of downloading one with pip')
    .option('--python <path>', 'Python with pip (default: python3)')
    .option('--no-save', 'install tfjs-node without changing package.json')
    .action(async (flags: SetupFlags) => finish(await setupNativeCommand(terminal, flags)));
}

async function setupNativeCommand(
  { stdout, stderr, folder, env }: Terminal,
  flags: SetupFlags,
): Promise<number> {
  const colors = colorsFor(stderr, env);
  const onProgress = ({ step, state, message }: SetupProgress) => {
    if (state === 'start') stderr.write(`${colors.bold(step.padEnd(9))}  `);
    else stderr.write(`${state === 'kept' ? colors.dim('unchanged: ') : ''}${message}\n`);
  };
  try {
    const { version, gpu } = await setupNative({ ...flags, folder, onProgress });
    stdout.write(
      `The backend tensorflow works: TensorFlow ${version} on the ${gpu ? 'GPU' : 'processor'}.\n`,
    );
  } catch (error) {
    stderr.write('failed\n'); // the line of the step that had begun
    throw error;
  }
  return exitCodes.ok.code;
}
