// Files for schedulers: what they hold is checked here; tools/slurm-trial.sh runs one on a Slurm of its own.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';
import { configTemplate } from '@segloss/trainer';
import ts from 'typescript';
import { parse } from 'yaml';

import { emit, type EmitRequest } from '../src/benchmark/executors/emit/emit.js';
import { readAxes } from '../src/benchmark/grid.js';
import { planBenchmark, type Benchmark } from '../src/benchmark/plan.js';
import { readPlan } from '../src/benchmark/plan-file.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'segloss-emit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const out = path.join(folder, "it's 100% mine");
let benchmark: Benchmark;
beforeAll(async () => {
  const text = 'base: { data: { folder: demo, limit: 2 } }\ngrid: { seed: [0, 1, 2] }\n';
  const template = configTemplate({ text, name: 'bench.yaml' }, { keys: ['name', 'grid'], cwd: folder });
  benchmark = await planBenchmark(template, { name: 'Polyps & more', folder: out, axes: readAxes(template) });
});

const emitted = (request: Partial<EmitRequest> & Pick<EmitRequest, 'scheduler'>, cells = benchmark.cells) => {
  rmSync(out, { recursive: true, force: true });
  const submit = emit(benchmark, cells, { volumes: [], ...request });
  const name = readdirSync(out).find((one) => one.startsWith(request.scheduler))!;
  return { submit, name, text: readFileSync(path.join(out, name), 'utf8') };
};

describe('an array job for Slurm', () => {
  /** Runs the script with a command `segloss` and a `scontrol` that write down how they are called. */
  function run(text: string, codes: readonly number[], task: number, ...first: string[]) {
    const bin = path.join(folder, 'bin');
    const calls = path.join(folder, 'calls');
    mkdirSync(bin, { recursive: true });
    writeFileSync(calls, '');
    writeFileSync(path.join(folder, 'codes'), codes.join('\n') + '\n');
    const record = `echo "$(basename "$0") $*" >> '${calls}'`;
    writeFileSync(path.join(bin, 'scontrol'), `#!/bin/sh\n${record}\n`, { mode: 0o755 });
    const fake = path.join(bin, 'segloss');
    writeFileSync(fake, `#!/bin/sh\n${record}\ncode=$(head -1 '${folder}/codes'); sed -i 1d '${folder}/codes'; exit $code\n`, { mode: 0o755 }); // prettier-ignore
    const script = path.join(folder, 'script.sh');
    writeFileSync(script, text.replace(/^ {2}.* run --plan /m, `  '${fake}' run --plan `));
    const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}`, SLURM_ARRAY_TASK_ID: String(task), SLURM_JOB_ID: '77' }; // prettier-ignore
    const { status, stderr } = spawnSync('bash', [script, ...first], { env, encoding: 'utf8' });
    return { status, stderr, calls: readFileSync(calls, 'utf8').split('\n').slice(0, -1) };
  }

  it('trains one line of a plan of its own, and repeats what a repetition may mend', () => {
    const { text, submit, name } = emitted({ scheduler: 'slurm', jobs: 2 });
    expect(submit).toBe(`sbatch '${out.replace("'", `'\\''`)}/${name}'`);
    expect(text).toMatch(/^#SBATCH --array=0-2%2$/m);
    expect(text).toMatch(/^#SBATCH --job-name=Polyps-more$/m);
    expect(text).toContain(`#SBATCH --output="${out.replace('%', '%%')}/logs/slurm-%A_%a.log"`);
    const call = `segloss run --plan ${path.join(out, name.replace('slurm', 'plan').replace('.sh', '.jsonl'))} --index`;
    expect(run(text, [0], 1)).toMatchObject({ status: 0, calls: [`${call} 1`] });
    for (const code of [2, 3, 5])
      expect(run(text, [code], 0)).toMatchObject({ status: code, calls: [`${call} 0`] });
    expect(run(text, [1, 137, 0], 0)).toMatchObject({ status: 0, calls: Array(3).fill(`${call} 0`) });
    expect(run(text, [1, 1, 1, 1, 0], 0)).toMatchObject({ status: 1, calls: Array(4).fill(`${call} 0`) });
    expect(run(text, [75], 2)).toMatchObject({ status: 75, calls: [`${call} 2`, 'scontrol requeue 77'] });
    expect(run(text, [0], 3)).toMatchObject({ status: 0, calls: [] });
    expect(run(text, [0], 1, '1').calls).toEqual([`${call} 2`]);
  });

  it('keeps its plan, whatever the benchmark becomes', () => {
    const { name } = emitted({ scheduler: 'slurm' }, benchmark.cells.slice(1));
    const plan = path.join(out, name.replace('slurm', 'plan').replace('.sh', '.jsonl'));
    expect([0, 1].map((index) => readPlan(plan, index).id)).toEqual(benchmark.cells.slice(1).map(({ id }) => id)); // prettier-ignore
    expect(() => readPlan(plan, 2)).toThrow(/wanted an index from 0 to 1/);
  });

  it('is several arrays where Slurm allows no larger one', () => {
    const many = Array.from({ length: 2500 }, () => benchmark.cells[0]!);
    const { text, submit } = emitted({ scheduler: 'slurm' }, many);
    expect(text).toMatch(/^#SBATCH --array=0-999$/m);
    expect(submit).toMatch(/^for first in \$\(seq 0 1000 2499\); do sbatch '.*' "\$first"; done$/);
  });
});

describe('a job for Kubernetes', () => {
  const request = { scheduler: 'kubernetes', image: 'lab/segloss:1', volumes: [`data:${folder}`] } as const;

  it('is what the types of the Kubernetes API allow, with every key known', () => {
    const { text, submit, name } = emitted(request);
    expect(submit).toBe(`kubectl apply -f '${out.replace("'", `'\\''`)}/${name}'`);
    const job: unknown = parse(text);
    expect(typeProblems(job)).toEqual([]);
    // The check can fail: for a wrong name, a wrong type, and a key that is missing.
    const broken = (change: object) => typeProblems({ ...(job as object), ...change });
    expect(broken({ spec: { completion: 3 } })[0]).toMatch(/completion/);
    expect(broken({ metadata: { name: 7 } })[0]).toMatch(/number/);
    expect(broken({ spec: { completions: 3 } })[0]).toMatch(/template/);
  });

  it('has an index for each run, and decides by exit codes', () => {
    const { text } = emitted({ ...request, jobs: 2 });
    const job = parse(text) as { metadata: { name: string }; spec: Record<string, unknown> };
    expect(job.metadata.name).toMatch(/^polyps-more-[0-9a-f]{8}$/);
    expect(job.spec).toMatchObject({
      ...{ completionMode: 'Indexed', completions: 3, parallelism: 2, maxFailedIndexes: 3 },
      backoffLimitPerIndex: 3,
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] },
          { action: 'Ignore', onExitCodes: { operator: 'In', values: [75] } },
          { action: 'FailIndex', onExitCodes: { operator: 'In', values: [2, 3, 5] } },
        ],
      },
      template: { spec: { restartPolicy: 'Never', containers: [{ image: 'lab/segloss:1', volumeMounts: [{ mountPath: folder }] }] } }, // prettier-ignore
    });
  });

  it('refuses to lose results', () => {
    const refusal = (more: Partial<EmitRequest>) => () => emitted({ ...request, ...more });
    expect(refusal({ image: undefined })).toThrow(/wanted --image <name>/);
    expect(refusal({ volumes: [] })).toThrow(
      /wanted a volume that holds .*mine, got none; .*--volume CLAIM:\/PATH/,
    );
    expect(refusal({ volumes: ['data:/elsewhere'] })).toThrow(/got data:\/elsewhere/);
    expect(refusal({ volumes: [folder] })).toThrow(/--volume: wanted CLAIM:\/PATH, got "/);
  });
});

/** What the type `Job` of kubernetes-types, made from the schema of the API, says against a value. */
function typeProblems(job: unknown): string[] {
  const file = path.join(root, 'apps/benchmark/test/job-of-a-test.ts');
  const source = `import type { Job } from 'kubernetes-types/batch/v1';\nexport const job: Job = ${JSON.stringify(job)};\n`;
  const options = { strict: true, noEmit: true, skipLibCheck: true, types: [], module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext }; // prettier-ignore
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2022) : getSourceFile(name, ...rest);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([file], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
