import { createHash } from 'node:crypto';
import { type LayersModel } from '@tensorflow/tfjs-layers';

/**
 * SHA-256 over the bytes of all weights, in the model's order: equal for models that are equal bit by bit.
 *
 * @example
 * ```ts
 * await selectBackend('cpu');
 * const make = () => unet({ inputShape: [4, 4, 1], outputs: 1, widths: [2], seed: 5 });
 * (await weightsHash(make())) === (await weightsHash(make())); // → true
 * ```
 */
export async function weightsHash(model: LayersModel): Promise<string> {
  const hash = createHash('sha256');
  for (const weight of model.getWeights()) {
    const { buffer, byteOffset, byteLength } = await weight.data();
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}
