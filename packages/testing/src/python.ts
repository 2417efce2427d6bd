import { spawnSync } from 'node:child_process';

/** The one on the path, and that of the system, whose packages come from Debian. */
const PROGRAMS = ['python3', '/usr/bin/python3'];

/** The first Python that runs a program without an error, such as `import torch`; undefined where none does. */
export function pythonWith(program: string): string | undefined {
  return PROGRAMS.find((python) => spawnSync(python, ['-c', program]).status === 0);
}
