// Networks whose logits PyTorch has computed, test/torch/networks.json.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import '@segloss/kernels/cpu';
import '@segloss/kernels/wasm';
import { buildModel, loadTorchWeights, readSafetensors } from '@segloss/models';
import { backends } from '@segloss/testing';
import { stridedSlice, tensor4d, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';

/** The programs and files of PyTorch. */
export const TORCH = join(__dirname, 'torch');

export interface TorchNetwork {
  /** Of `buildModel`, and of the files. */
  readonly name: string;
  /** Height and width of the image. */
  readonly size: readonly [number, number];
  /** Step between the rows and columns of the logits that are kept, so that the repository stays small. */
  readonly every?: number;
  readonly options?: Readonly<Record<string, unknown>>;
}

const listed = JSON.parse(readFileSync(join(TORCH, 'networks.json'), 'utf8')) as Record<
  'narrow' | 'full',
  TorchNetwork[]
>;

/** Narrow ones, with files in the repository. */
export const NARROW: readonly TorchNetwork[] = listed.narrow;

/** As they are used. */
export const FULL: readonly TorchNetwork[] = listed.full;

/** A network with these weights. It has no dropout, as PyTorch's here have none. */
export function modelOf({ name, size, options }: TorchNetwork, weights?: Uint8Array): LayersModel {
  const noDropout = name.startsWith('unet') ? {} : { dropout: 0 };
  const model = buildModel(name, { inputShape: [...size, 3], outputs: 1, ...noDropout, ...options });
  if (weights) loadTorchWeights(model, weights);
  return model;
}

/** The logits of {@link torchInput}, as many as PyTorch's files keep. */
export function logitsOf(model: LayersModel, { size, every = 1 }: TorchNetwork): Float32Array {
  return tidy(() => {
    const logits = model.predict(torchInput(...size)) as Tensor4D;
    return stridedSlice(logits, [0, 0, 0, 0], logits.shape, [1, every, every, 1]).dataSync() as Float32Array;
  });
}

/** A file of a network in the repository. */
export function narrowFile(name: string): Uint8Array {
  return gunzipSync(readFileSync(join(TORCH, `${name}.safetensors.gz`)));
}

/** The numbers of one tensor. */
export function numbersOf(file: Uint8Array, name: string): Float32Array {
  return readSafetensors(file).get(name)!.values as Float32Array;
}

/** `image()` of files.py, `[2, height, width, 3]`. */
export function torchInput(height: number, width: number): Tensor4D {
  const shape: [number, number, number, number] = [2, height, width, 3];
  const values = Float32Array.from(
    { length: 2 * height * width * 3 },
    (_, i) => ((i * 7919) % 8191) / 4096 - 1,
  );
  return tensor4d(values, shape);
}

/** Makes a backend the one of tfjs-core. */
export function useBackend(name: 'cpu' | 'wasm'): Promise<void> {
  return backends.find((backend) => backend.name === name)!.use();
}

/** All weights of a model, bit by bit. */
export function weightsOf(model: LayersModel): string {
  const parts = model.getWeights().map((weight) => Buffer.from(weight.dataSync().slice().buffer));
  return Buffer.concat(parts).toString('base64');
}
