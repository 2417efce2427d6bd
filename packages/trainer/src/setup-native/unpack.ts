import { run } from './command.js';

const PROGRAM = `
import sys, zipfile
wheel, destination, *wanted = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    names = [name for name in archive.namelist() if name.startswith(tuple(wanted))]
    archive.extractall(destination, names)
`;

/** Takes those files out of a wheel, which is a zip archive, whose paths begin with one of the prefixes. */
export function unpack(
  python: string,
  wheel: string,
  destination: string,
  prefixes: readonly string[],
): ReturnType<typeof run> {
  return run(python, ['-c', PROGRAM, wheel, destination, ...prefixes]);
}
