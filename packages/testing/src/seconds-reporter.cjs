const { mkdirSync, writeFileSync } = require('node:fs');
const { dirname, join, relative, sep } = require('node:path');

/** Keeps the seconds of every file of a complete run for `npm run test:seconds`, and prints those of each project. */
module.exports = class SecondsReporter {
  constructor({ rootDir }) {
    this.root = rootDir;
    this.seconds = {};
    this.projects = new Map();
  }

  onTestFileResult({ path, context }, { perfStats }) {
    const seconds = (perfStats.end - perfStats.start) / 1000;
    this.seconds[relative(this.root, path).split(sep).join('/')] = seconds;
    const name = context.config.displayName?.name ?? '';
    this.projects.set(name, (this.projects.get(name) ?? 0) + seconds);
  }

  onRunComplete() {
    if (this.projects.size < 2) return;
    const file = join(this.root, 'node_modules/.cache/test-seconds.json');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(this.seconds));
    const parts = [...this.projects].sort((a, b) => b[1] - a[1]);
    const total = parts.reduce((sum, [, seconds]) => sum + seconds, 0);
    const listed = parts.map(([name, seconds]) => `${name} ${seconds.toFixed(0)}`).join(', ');
    process.stderr.write(`seconds of all workers: ${total.toFixed(0)} (${listed})\n`);
  }
};
