// Runs the specs that tfjs-core ships, in a process of its own, on the wasm backend: node worker.js '{ kernels, wasmPaths }' prints
// what became of each as JSON. They are bundled with tfjs's sources as ES modules, so that specs and backend share one tfjs-core.
/** What the process receives. */
export interface SpecTask {
  /** Whether our kernels are registered. */
  readonly kernels: boolean;
  /** Folder of tfjs's wasm files. */
  readonly wasmPaths: string;
}

/** Full name of a spec to its state, and why it failed. */
export type SpecResults = Record<string, { status: string; why?: string }>;

async function main({ kernels, wasmPaths }: SpecTask): Promise<SpecResults> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- not in the bundle: it reads its own folder
  const jasmine = (require('jasmine-core') as { boot(): { getEnv(): Env } }).boot();
  const env = jasmine.getEnv();
  env.configure({ random: false });
  const results: SpecResults = {};
  env.addReporter({
    specDone: ({ fullName, status, failedExpectations }) => {
      const why = failedExpectations[0]?.message;
      // Some specs have the same name: the worse result counts.
      if (results[fullName]?.status === 'failed') return;
      results[fullName] = { status, ...(why !== undefined && { why: why.slice(0, 300) }) };
    },
  });
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(wasmPaths);
  const { setTestEnvs } = await import('@tensorflow/tfjs-core/dist/jasmine_util');
  setTestEnvs([{ name: 'wasm', backendName: 'wasm', isDataSync: true }]);
  await import('@tensorflow/tfjs-core/dist/register_all_gradients');
  await import('@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops');
  if (kernels) await import('../../src/wasm');
  await import('@tensorflow/tfjs-core/dist/tests');
  await env.execute();
  return results;
}

interface Env {
  configure(options: { random: boolean }): void;
  addReporter(reporter: {
    specDone(result: { fullName: string; status: string; failedExpectations: { message: string }[] }): void;
  }): void;
  execute(): Promise<unknown>;
}

void main(JSON.parse(process.argv[2]!)).then(
  (found) => process.stdout.write(`\n${JSON.stringify(found)}\n`, () => process.exit(0)),
  (error: Error) => process.stderr.write(`${error.stack}\n`, () => process.exit(1)),
);
