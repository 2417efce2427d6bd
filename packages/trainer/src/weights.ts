import { createHash } from 'node:crypto';
import { type LayersModel } from '@tensorflow/tfjs-layers';

/**
 * SHA-256 over the bytes of all weights, in the model's order: equal for models that are equal bit by bit.
 *
 * @example
 * ```ts
 * await selectBackend('cpu');
 * const make = () => unet({ inputShape: [4, 4, 1], outputs: 1, widths: [2], seed: 5 });
 * weightsHash(make()) === weightsHash(make()); // → true
 * ```
 */
export function weightsHash(model: LayersModel): string {
  const hash = createHash('sha256');
  for (const weight of model.getWeights()) {
    const { buffer, byteOffset, byteLength } = weight.dataSync();
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}
