// Libraries of Python to compare with: which python has them, and processes that take turns with ours.
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Where libraries are looked for: the first python3 of the path need not be that of the system. */
const PYTHONS = ['python3', '/usr/bin/python3'];

/** The python that has all modules: the given one, or else the first of the usual ones. Undefined, with a line that says so, if none has. */
export function findPython(modules, given) {
  const pythons = given === undefined ? PYTHONS : [given];
  const found = pythons.find(
    (python) => spawnSync(python, ['-c', `import ${modules.join(', ')}`]).status === 0,
  );
  if (found === undefined) {
    console.log(`\nNot compared with Python: ${pythons.join(' and ')} cannot import ${modules.join(', ')} (--python names another).`); // prettier-ignore
  }
  return found;
}

/** A process that runs a script of this folder, which answers each line of JSON with one. */
export function servePython(python, script, description) {
  const child = spawn(
    python,
    [fileURLToPath(new URL(script, import.meta.url)), JSON.stringify(description)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(question) {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${script} ended before it answered`);
      return JSON.parse(value);
    },
    stop: () => child.kill(),
  };
}

/** Processor time of `repeats` runs in milliseconds a run: what others do on the machine does not count. */
export async function processorTime(work, repeats) {
  const begun = process.cpuUsage();
  for (let i = 0; i < repeats; i++) await work();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000 / repeats;
}
