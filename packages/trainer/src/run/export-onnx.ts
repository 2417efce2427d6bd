import { type LayersModel } from '@tensorflow/tfjs-layers';

import { toOnnx } from '../onnx/to-onnx.js';
import { OutputFolder, type OutputOptions } from './output-folder.js';

const FILE = 'model.onnx';

/**
 * Writes a model as `model.onnx`; see {@link toOnnx}.
 *
 * @param notes Kept in the file as metadata properties, each as JSON: classes, activation, normalization.
 * @param options See {@link OutputOptions}.
 * @returns The path of the file.
 * @throws {RangeError} If a layer has no counterpart in ONNX. @throws {OutputError} If the folder is read, or holds a file of this name that
 *   segloss did not write.
 *
 * @example
 * ```ts
 * await selectBackend('cpu');
 * const { mkdtempSync } = await import('node:fs');
 * const folder = mkdtempSync((await import('node:os')).tmpdir() + '/segloss-');
 * const file = await exportOnnx(unet({ inputShape: [4, 4, 1], outputs: 1, widths: [2] }), folder, { classes: ['no', 'yes'] });
 * file === `${folder}/model.onnx`; // → true
 * ```
 */
export async function exportOnnx(
  model: LayersModel,
  folder: string,
  notes: object = {},
  { reads = [], overwrite = false }: Partial<OutputOptions> = {},
): Promise<string> {
  const output = new OutputFolder(folder, { reads, overwrite });
  output.check([FILE]);
  const metadata = Object.fromEntries(Object.entries(notes).map(([key, value]) => [key, JSON.stringify(value)])); // prettier-ignore
  return output.write(FILE, Buffer.from(await toOnnx(model, metadata)));
}
