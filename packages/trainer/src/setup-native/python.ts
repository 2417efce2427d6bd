import { firstLine } from '../backend/packages.js';
import { run } from './command.js';
import { type Found } from './found.js';
import { SetupError } from './setup-error.js';

/** Python brings TensorFlow from its package index, and node-gyp needs it too. */
export async function findPython(python: string): Promise<Found<void>> {
  const version = await run(python, ['--version']);
  if (!version.ok) {
    const remedy = 'install Python 3.9 or newer with pip, or say where it is: --python PATH';
    throw new SetupError(`${python} --version`, firstLine(version.output), remedy);
  }
  const pip = await run(python, ['-m', 'pip', '--version']);
  if (!pip.ok) {
    const remedy = `install pip (Debian, Ubuntu: apt-get install python3-pip) or try ${python} -m ensurepip`;
    throw new SetupError(`${python} -m pip --version`, firstLine(pip.output), remedy);
  }
  return {
    value: undefined,
    message: `${firstLine(version.output)}, ${firstLine(pip.output).replace(/ from .*/, '')}`,
  };
}
