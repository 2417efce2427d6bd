import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { firstLine } from '../backend/packages.js';
import { run } from './command.js';
import { type Found } from './found.js';
import { SetupError } from './setup-error.js';

/** Finds g++, make and the folder that node-gyp calls nodedir: the headers of Node are in its include/node. */
export async function findToolchain(): Promise<Found<{ nodedir: string | undefined }>> {
  const versions: string[] = [];
  for (const program of ['g++', 'make']) {
    const { ok, output } = await run(program, ['--version']);
    if (!ok) {
      const remedy =
        'install a compiler (Debian, Ubuntu: apt-get install g++ make; Fedora: dnf install gcc-c++ make)';
      throw new SetupError(`${program} --version`, firstLine(output), remedy);
    }
    versions.push(firstLine(output));
  }
  const nodedir = nodeHeaders();
  versions.push(
    nodedir === undefined
      ? 'no headers of Node here: node-gyp will fetch them'
      : `headers of Node in ${nodedir}/include/node`,
  );
  return { value: { nodedir }, message: versions.join('; ') };
}

/** Node-API is the same in all versions, so that the headers of another Node serve. */
function nodeHeaders(): string | undefined {
  const places = [
    process.env['npm_config_nodedir'],
    dirname(dirname(process.execPath)),
    '/usr/local',
    '/usr',
  ];
  return places.find((place) => place !== undefined && existsSync(join(place, 'include/node/node_api.h')));
}
