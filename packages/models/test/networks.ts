// Networks whose logits PyTorch has computed, test/torch/networks.py.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import '@segloss/kernels/cpu';
import '@segloss/kernels/wasm';
import { readSafetensors } from '@segloss/models';
import { backends } from '@segloss/testing';
import { tensor4d, type Tensor4D } from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';

export interface TorchNetwork {
  /** Of `buildModel`, and of the files. */
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly dtype: 'F16' | 'BF16';
  /** Also the gradients. */
  readonly training: boolean;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Narrow ones, in the repository: `python3 networks.py` as in {@link runTorch}, then gzip -9 -n. */
export const NARROW: readonly TorchNetwork[] = [
  {
    name: 'unet-resnet50',
    height: 32,
    width: 64,
    dtype: 'BF16',
    training: true,
    options: { encoderWidth: 2, decoderWidths: [8, 4, 4, 4, 2] },
  },
  {
    name: 'fpn-resnet18',
    height: 32,
    width: 64,
    dtype: 'BF16',
    training: true,
    options: { encoderWidth: 2, pyramidChannels: 4, segmentationChannels: 32, dropout: 0 },
  },
];

/** As they are used. */
export const FULL: readonly TorchNetwork[] = ['unet', 'fpn'].flatMap((decoder) =>
  ['resnet18', 'resnet34', 'resnet50'].map((encoder) => ({
    name: `${decoder}-${encoder}`,
    height: 64,
    width: 64,
    dtype: 'F16' as const,
    training: false,
    options: {},
  })),
);

const script = join(__dirname, 'torch/networks.py');

/** Why PyTorch cannot be had here, if so. */
export function torchMissing(): string | undefined {
  const code = 'import importlib.util as u; print(u.find_spec("torch") is not None)';
  try {
    const found = execFileSync('python3', ['-c', code], { encoding: 'utf8', stdio: 'pipe' });
    return found.trim() === 'True' ? undefined : 'python3 has no torch';
  } catch {
    return 'there is no python3';
  }
}

/** Writes the files of the networks into a folder. */
export function runTorch(folder: string, networks: readonly TorchNetwork[]): void {
  const requests = networks.map(({ name, height, width, dtype, training, options }) => {
    const { encoderWidth = 64, ...rest } = options;
    const asked = { name, size: [height, width], dtype, training, width: encoderWidth, ...rest };
    return JSON.stringify({ ...asked, dropout: undefined }); // the networks of the script have none
  });
  execFileSync('python3', [script, folder, ...requests], { stdio: 'pipe' });
}

/** A file of a network in the repository. */
export function narrowFile(name: string): Uint8Array {
  return gunzipSync(readFileSync(join(__dirname, 'torch', `${name}.safetensors.gz`)));
}

/** The numbers of one tensor. */
export function numbersOf(file: Uint8Array, name: string): Float32Array {
  return readSafetensors(file).get(name)!.values as Float32Array;
}

/** `input()` of networks.py, `[2, height, width, 3]`. */
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
