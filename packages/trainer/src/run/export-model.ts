import { readFileSync } from 'node:fs';
import path from 'node:path';

import { io } from '@tensorflow/tfjs-core';
import { loadLayersModel, type LayersModel } from '@tensorflow/tfjs-layers';

import { OutputFolder, type OutputOptions } from './output-folder.js';
import { quantizeWeights, type Quantization } from './quantize.js';

/** Names of the two files of an exported model. */
const FILES = { topology: 'model.json', weights: 'weights.bin' } as const;

/** Options of {@link exportModel}. */
export interface ExportModelOptions extends Partial<OutputOptions> {
  /** Stores filters in 8 or 16 bits instead of 32: `uint8`, `uint16` or `float16`. Default: as they are. */
  quantize?: Quantization | undefined;
}

/**
 * Writes a model in the format of TensorFlow.js, `model.json` and `weights.bin`, which a page loads by
 * `tf.loadLayersModel('model.json')`; a model with layers of this package also wants `import '@segloss/trainer/layers'` there.
 *
 * @param notes Kept in `model.json` as `userDefinedMetadata`: what the channels mean, what was trained.
 * @param options See {@link ExportModelOptions}.
 * @throws {RangeError} If a weight is beyond the range of float16. @throws {OutputError} If the folder is read, or holds files of these names that segloss did not write.
 *
 * @example
 * ```ts
 * await selectBackend('cpu');
 * const { mkdtempSync } = await import('node:fs');
 * const folder = mkdtempSync((await import('node:os')).tmpdir() + '/segloss-');
 * const model = unet({ inputShape: [4, 4, 1], outputs: 1, widths: [2], seed: 1 });
 * await exportModel(model, folder, { classes: ['no', 'yes'] });
 * const again = await loadExportedModel(folder);
 * (await weightsHash(again)) === (await weightsHash(model)); // → true
 * ```
 */
export async function exportModel(
  model: LayersModel,
  folder: string,
  notes: Record<string, unknown> = {},
  { reads = [], overwrite = false, quantize }: ExportModelOptions = {},
): Promise<void> {
  const output = new OutputFolder(folder, { reads, overwrite });
  output.check(Object.values(FILES));
  await model.save(
    io.withSaveHandler((artifacts) => {
      const { modelTopology, weightSpecs, weightData } = artifacts;
      const whole = { specs: weightSpecs!, bytes: new Uint8Array(weightData as ArrayBuffer) };
      const { specs, bytes } =
        quantize === undefined ? whole : quantizeWeights(whole.specs, whole.bytes, quantize);
      const manifest = [{ paths: [FILES.weights], weights: specs }];
      const topology = { format: 'layers-model', generatedBy: 'segloss', convertedBy: null, modelTopology, weightsManifest: manifest, userDefinedMetadata: notes }; // prettier-ignore
      output.write(FILES.weights, bytes);
      output.write(FILES.topology, Buffer.from(JSON.stringify(topology)));
      return Promise.resolve({
        modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' as const },
      });
    }),
  );
}

/**
 * Loads in Node what {@link exportModel} wrote.
 *
 * @throws If a file is missing; the error names it.
 *
 * @example
 * ```ts
 * await loadExportedModel('no-such-folder').catch((error) => error.code); // → "ENOENT"
 * ```
 */
export async function loadExportedModel(folder: string): Promise<LayersModel> {
  const { modelTopology, weightsManifest } = JSON.parse(
    readFileSync(path.join(folder, FILES.topology), 'utf8'),
  ) as { modelTopology: object; weightsManifest: io.WeightsManifestConfig };
  const bytes = readFileSync(path.join(folder, FILES.weights));
  const weightData = new Uint8Array(bytes).buffer;
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  return loadLayersModel(io.fromMemory({ modelTopology, weightSpecs, weightData }));
}
