import {
  doctor,
  setupNative,
  type BackendDiagnosis,
  type DoctorReport,
  type SetupProgress,
} from '@segloss/trainer';
import { type Command } from 'commander';
import type { Colors } from 'picocolors/types';

import { colorsFor, type Terminal } from './benchmark.js';
import { exitCodes } from '../errors.js';

type Streams = Pick<Terminal, 'stdout' | 'stderr' | 'folder' | 'env'>;
interface SetupFlags {
  gpu?: boolean;
  wheel?: string;
  python?: string;
  save: boolean;
}

/** Adds `segloss doctor` and `segloss setup-native`. */
export function addBackendCommands(root: Command, terminal: Streams, finish: (code: number) => void): void {
  root
    .command('doctor')
    .description('show which backends work here, why others do not, and how to get them')
    .option('--json', 'the report as JSON')
    .action(async ({ json }: { json?: boolean }) => finish(await doctorCommand(terminal, json === true)));

  root
    .command('setup-native')
    .description('make the backend tensorflow work with the TensorFlow of a Python wheel (Linux x64)')
    .option('--gpu', 'TensorFlow with CUDA, for NVIDIA GPUs')
    .option('--wheel <file>', 'a wheel on the disk instead of the one that pip brings')
    .option('--python <path>', 'the Python that has pip (default: python3)')
    .option('--no-save', 'leave package.json as it is where tfjs-node has to be installed')
    .action(async (flags: SetupFlags) => finish(await setupNativeCommand(terminal, flags)));
}

async function doctorCommand({ stdout, env }: Streams, json: boolean): Promise<number> {
  const report = await doctor();
  stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderDoctor(report, colorsFor(stdout, env)));
  return report.backends.some(({ status }) => status === 'works')
    ? exitCodes.ok.code
    : exitCodes.runtime.code;
}

const MARKS = { works: '✓', missing: '–', broken: '✗' } as const;

/** The report as text, one paragraph for each backend. */
export function renderDoctor(report: DoctorReport, colors: Colors): string {
  const { versions, platform, processor, cores, memory, gpus, wasm, backends, best } = report;
  const yes = (value: boolean) => (value ? 'yes' : 'no');
  const facts = [
    ['versions', `segloss ${versions.segloss}, Node ${versions.node}, tfjs ${versions.tfjs}`],
    ['machine', `${platform}, ${cores} cores of ${processor}, ${(memory / 2 ** 30).toFixed(1)} GiB`],
    ['GPU', gpuLine(gpus, backends)],
    [
      'WebAssembly',
      `SIMD ${yes(wasm.simd)}, relaxed SIMD ${yes(wasm.relaxedSimd)}${wasm.relaxedSimd ? '' : ' (Node 22 and newer)'}, threads ${yes(wasm.threads)}`,
    ],
  ] as const;
  const width = Math.max(...facts.map(([name]) => name.length));
  const paint = { works: colors.green, missing: colors.dim, broken: colors.red };
  const lines = backends.flatMap(({ name, status, reason, remedy, seconds }) => [
    paint[status](`${MARKS[status]} ${name.padEnd(10)}  ${status.padEnd(7)}  ${reason}`) +
      colors.dim(`  (${seconds.toFixed(1)} s)`),
    ...(remedy === undefined ? [] : [`${' '.repeat(14)}get it:  ${remedy}`]),
  ]);
  return [
    ...facts.map(([name, text]) => `${colors.bold(name.padEnd(width))}  ${text}`),
    '',
    ...lines,
    '',
    best === undefined ? colors.red('No backend works.') : `"auto" takes ${colors.bold(best)}.`,
    '',
  ].join('\n');
}

function gpuLine(gpus: readonly string[], backends: readonly BackendDiagnosis[]): string {
  const webgpu = backends.find((backend) => backend.webgpu !== undefined)?.webgpu;
  const seen = [...gpus, ...(webgpu?.software === false ? [`${webgpu.adapter} (through WebGPU)`] : [])];
  return seen.join('; ') || 'none found (neither by nvidia-smi nor by WebGPU)';
}

async function setupNativeCommand(
  { stdout, stderr, folder, env }: Streams,
  flags: SetupFlags,
): Promise<number> {
  const colors = colorsFor(stderr, env);
  const onProgress = ({ step, state, message }: SetupProgress) => {
    if (state === 'start') stderr.write(`${colors.bold(step.padEnd(9))}  `);
    else stderr.write(`${state === 'kept' ? colors.dim('as it was: ') : ''}${message}\n`);
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
