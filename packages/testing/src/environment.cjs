const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const v8 = require('node:v8');
const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');

/**
 * Node, as jest has it, for a test file that leaves its worker process as it was: later files run in the same one.
 *
 * jest gives every file its own modules, globals and copy of `process.env`; the working folder, the listeners of the process and the flags
 * of V8 are shared. A file that leaves one of them changed fails. Temporary files go to a folder that is removed after the file.
 */
module.exports = class CleanEnvironment extends TestEnvironment {
  constructor(config, context) {
    // jest makes the global object of a file a Proxy behind V8's interceptors, and code pays for that at every Math, Array or Float32Array
    // that it names: 280 times the time in a loop of Math.floor. A context with an ordinary global object has none of it.
    const { createContext } = vm;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(config, context);
    } finally {
      vm.createContext = createContext;
    }
  }

  async setup() {
    await super.setup();
    this.cwd = process.cwd();
    this.listeners = listenerCounts();
    this.flags = [];
    this.setFlags = v8.setFlagsFromString;
    v8.setFlagsFromString = (flag) => {
      this.flags.push(flag);
      this.setFlags.call(v8, flag);
    };
    this.temporary = mkdtempSync(join(tmpdir(), 'segloss-test-'));
    this.tmpdir = process.env.TMPDIR;
    process.env.TMPDIR = this.temporary; // what os.tmpdir() and child processes read
    this.global.process.env.TMPDIR = this.temporary;
  }

  handleTestEvent({ name }) {
    if (name === 'run_finish') this.finished = true;
  }

  async teardown() {
    v8.setFlagsFromString = this.setFlags;
    if (this.tmpdir === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = this.tmpdir;
    const left = [...this.leftBehind()];
    process.chdir(this.cwd);
    rmSync(this.temporary, { recursive: true, force: true, maxRetries: 3 });
    await super.teardown();
    // A file that cannot be loaded ends before jest takes its own listeners away: its error is what counts.
    if (this.finished && left.length > 0)
      throw new Error(`the test file left the process changed: ${left.join('; ')}`);
  }

  *leftBehind() {
    if (process.cwd() !== this.cwd) yield `working folder ${process.cwd()}, was ${this.cwd}`;
    const counts = listenerCounts();
    for (const [event, count] of Object.entries(counts)) {
      const before = this.listeners[event] ?? 0;
      if (count > before) yield `${count - before} more listeners of process "${event}"`;
    }
    for (const flag of lasting(this.flags)) yield `V8 flag ${flag}`;
  }
};

const listenerCounts = () =>
  Object.fromEntries(process.eventNames().map((event) => [String(event), process.listenerCount(event)]));

/** The flags that were set and not reset: `--no-x` resets `--x`. */
function lasting(flags) {
  const set = new Set();
  for (const flag of flags) {
    if (flag.startsWith('--no-')) set.delete(`--${flag.slice(5)}`);
    else set.add(flag);
  }
  return set;
}
