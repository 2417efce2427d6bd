import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { OutputFolder, type OutputOptions } from '@segloss/trainer';

/**
 * Makes sure that a file may be written and makes its folder, before any work is done for it.
 *
 * @returns Writes the file.
 * @throws {OutputError} If the file is read by the command, or is there and not segloss's own.
 */
export function outputFile(file: string, options: OutputOptions): (text: string) => void {
  const output = new OutputFolder(path.dirname(file), options);
  const name = path.basename(file);
  output.check([name]);
  mkdirSync(path.dirname(file), { recursive: true });
  return (text) => void output.write(name, Buffer.from(text));
}
