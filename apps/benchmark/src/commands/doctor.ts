import { doctor, type BackendDiagnosis, type DoctorReport } from '@segloss/trainer';
import type { Command } from 'commander';
import type { Colors } from 'picocolors/types';

import { exitCodes } from '../errors.js';
import { colorsFor, type Terminal } from '../terminal.js';

/** `segloss doctor`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  command
    .option('--json', 'print the report as JSON')
    .action(async ({ json }: { json?: boolean }) => finish(await doctorCommand(terminal, json === true)));
}

async function doctorCommand({ stdout, env }: Terminal, json: boolean): Promise<number> {
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
    best === undefined ? colors.red('No backend works.') : `"auto" selects ${colors.bold(best)}.`,
    '',
  ].join('\n');
}

function gpuLine(gpus: readonly string[], backends: readonly BackendDiagnosis[]): string {
  const webgpu = backends.find((backend) => backend.webgpu !== undefined)?.webgpu;
  const seen = [...gpus, ...(webgpu?.software === false ? [`${webgpu.adapter} (through WebGPU)`] : [])];
  return seen.join('; ') || 'none found (neither by nvidia-smi nor by WebGPU)';
}
