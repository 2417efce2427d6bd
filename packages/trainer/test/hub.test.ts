// Pretrained weights of a hub: found, checked, resumed and pinned; no test reaches beyond the loopback.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  buildModel,
  type HubError,
  loadConfig,
  models,
  openRun,
  planRun,
  releaseBackend,
  runTraining,
  selectBackend,
} from '@segloss/trainer';
import { pythonWith } from '@segloss/testing';

import { hubCache } from '../src/hub/cache';
import { IMAGENET_NORMALIZATION, IMAGENET_REPOSITORIES } from '../src/hub/imagenet';
import { readReference } from '../src/hub/reference';
import { startHub, type TestHub } from './hub-server';
import { scratch, tinyRun, writeDataset } from './run-fixture';

const COMMIT = 'a'.repeat(40);
const NEXT = 'b'.repeat(40);
const VARIABLES = ['SEGLOSS_CACHE', 'HF_HUB_CACHE', 'HF_HOME', 'XDG_CACHE_HOME', 'HF_ENDPOINT', 'HF_TOKEN', 'HF_HUB_OFFLINE']; // prettier-ignore

let folder: string;
let remove: () => void;
let hub: TestHub;
let said: string[];
const before = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));
let weights: Uint8Array;

beforeEach(async () => {
  ({ folder, remove } = scratch());
  writeDataset(path.join(folder, 'data'), [2, 8, 16, 20, 24, 28], 32);
  said = [];
  await selectBackend('wasm');
  weights = encoderFile();
  hub = await startHub(COMMIT, { 'model.safetensors': weights, 'config.json': timm([0.5, 0.4, 0.3], [0.2, 0.3, 0.1]) }); // prettier-ignore
  for (const name of VARIABLES) delete process.env[name];
  process.env['SEGLOSS_CACHE'] = path.join(folder, 'cache');
  process.env['HF_ENDPOINT'] = `${hub.url}/`;
});
afterEach(async () => {
  await hub.close();
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await releaseBackend();
  remove();
});

const widths = { encoderWidth: 1, decoderWidths: [4, 2, 2, 2, 2] };
const narrow = { name: 'unet-resnet18', ...widths };

/** What timm keeps with its weights. */
function timm(mean: number[], std: number[]): Uint8Array {
  return Buffer.from(JSON.stringify({ architecture: 'resnet18', pretrained_cfg: { mean, std, input_size: [3, 224, 224] } })); // prettier-ignore
}

/** A narrow ResNet-18 with torchvision's names; the n-th value of each array is (n mod 7 + 1) / 10. */
function encoderFile(): Uint8Array {
  const model = buildModel(narrow.name, { ...widths, inputShape: [32, 32, 3], outputs: 1 });
  const kinds: Record<string, string> = { kernel: 'weight', gamma: 'weight', beta: 'bias', moving_mean: 'running_mean', moving_variance: 'running_var' }; // prettier-ignore
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const { originalName, shape } of model.weights) {
    const [, layer, kind] = /^encoder\.(.+)\/(\w+)$/.exec(originalName) ?? [];
    if (layer === undefined) continue;
    const sizes = shape as number[];
    const [height, width, channels, filters] = sizes as [number, number, number, number];
    const torch = sizes.length === 4 ? [filters, channels, height, width] : sizes;
    const length = 4 * torch.reduce((product, size) => product * size, 1);
    header[`${layer}.${kinds[kind!]}`] = { dtype: 'F32', shape: torch, data_offsets: [end, (end += length)] };
  }
  model.dispose();
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  const values = Object.values(header).flatMap((entry) => {
    const [from, to] = (entry as { data_offsets: [number, number] }).data_offsets;
    return Array.from({ length: (to - from) / 4 }, (_, n) => ((n % 7) + 1) / 10);
  });
  return Buffer.concat([size, text, new Uint8Array(new Float32Array(values).buffer)]);
}

const run = (encoderWeights: string, keys: object = {}) =>
  tinyRun(folder, {
    ...{ data: { folder: path.join(folder, 'data'), size: 32 }, model: { ...narrow, encoderWeights } },
    ...keys,
  });
const plan = (encoderWeights: string, keys: object = {}) =>
  planRun(run(encoderWeights, keys), { say: (text) => said.push(text) });
const blobs = () => path.join(folder, 'cache', 'hub', 'models--test--net', 'blobs');
const parts = () => (existsSync(blobs()) ? readdirSync(blobs()).filter((name) => name.endsWith('.incomplete')) : []); // prettier-ignore

/** Plans with a hub that goes away after some bytes; the error. */
async function cutOff(bytes: number): Promise<HubError> {
  hub.cutAfter = bytes;
  const failing = plan('hf:test/net').catch((error: unknown) => error as HubError);
  while (!parts().some((name) => statSync(path.join(blobs(), name)).size === bytes)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  hub.cut();
  hub.cutAfter = undefined;
  return failing as Promise<HubError>;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const downloads = () => hub.requests.filter((one) => one.includes('/cdn/') && one.includes('.safetensors'));

describe('weights of a hub', () => {
  it('are kept by their hash, and downloaded once', async () => {
    const { weightsFile, loaded } = await plan('hf:test/net');
    expect(readFileSync(weightsFile!).equals(weights)).toBe(true);
    expect(path.basename(realpathSync(weightsFile!))).toBe(sha256(weights));
    expect(weightsFile).toBe(
      path.join(folder, 'cache', 'hub', 'models--test--net', 'snapshots', COMMIT, 'model.safetensors'),
    );
    expect(loaded.config.model['encoderWeights']).toBe(`hf:test/net@${COMMIT}/model.safetensors`);
    expect(said).toEqual([
      expect.stringMatching(/^downloads test\/net\/model\.safetensors \(\d+\.\d MB\) to /),
    ]);
    const count = hub.requests.length;
    await plan('hf:test/net');
    await plan(`hf:test/net@${COMMIT}/model.safetensors`);
    expect(hub.requests).toHaveLength(count);
  });

  it('are those of a file with the same bytes', async () => {
    const file = path.join(folder, 'model.safetensors');
    writeFileSync(file, weights);
    const normalize = { mean: [0.4], std: [0.2] }; // of gray images: the means of three
    const data = { folder: path.join(folder, 'data'), size: 32, normalize };
    const { id, loaded } = await plan('hf:test/net');
    expect(loaded.config.data.normalize).toEqual({ mean: [expect.closeTo(0.4, 12)], std: [expect.closeTo(0.2, 12)] }); // prettier-ignore
    const same = await plan(file, { data: { ...data, normalize: loaded.config.data.normalize } });
    expect(same.id).toBe(id);
    expect((await plan(file)).id).not.toBe(id); // without the normalization
    writeFileSync(
      file,
      encoderFile().map((byte, i) => (i === weights.length - 1 ? byte ^ 1 : byte)),
    );
    expect((await plan(file, { data: { ...data, normalize: loaded.config.data.normalize } })).id).not.toBe(
      id,
    );
  });

  it('leave a normalization alone that the configuration has', async () => {
    const normalize = { mean: [0.1], std: [1] };
    const data = { folder: path.join(folder, 'data'), size: 32, normalize };
    expect((await plan('hf:test/net', { data })).loaded.config.data.normalize).toEqual(normalize);
    const none = await plan('hf:test/net', { data: { ...data, normalize: 'none' } });
    expect(none.loaded.config.data.normalize).toBe('none');
  });

  it('say so if nobody knows their normalization', async () => {
    hub.commits.get(COMMIT)!.delete('config.json');
    const { loaded } = await plan('hf:test/net');
    expect(loaded.config.data.normalize).toBe('none');
    expect(said).toContainEqual(expect.stringContaining('set data.normalize'));
  });

  it('of a branch stay those of the first download; another commit is another run', async () => {
    const first = await plan('hf:test/net');
    const other = weights.slice();
    other[other.length - 1]! ^= 1;
    hub.commits.set(NEXT, new Map([['model.safetensors', other]]));
    hub.main = NEXT;
    expect((await plan('hf:test/net')).id).toBe(first.id);
    expect((await plan(`hf:test/net@${NEXT}`)).id).not.toBe(first.id);
  });

  it('resume a download that was cut off', async () => {
    const error = await cutOff(1000);
    expect([error.name, error.code]).toEqual(['HubError', 'offline']);
    expect(error.message).toContain(`the connection ended after 1000 of ${weights.length} bytes`);
    const { weightsFile } = await plan('hf:test/net');
    expect(downloads()).toEqual([
      `GET /cdn/${COMMIT}/model.safetensors`,
      `GET /cdn/${COMMIT}/model.safetensors bytes=1000-`,
    ]);
    expect(readFileSync(weightsFile!).equals(weights)).toBe(true);
    expect(said).toContain(`resumed the download of model.safetensors after 1000 of ${weights.length} bytes`);
  });

  it('resume what a process left that was killed', async () => {
    await cutOff(500);
    const [part] = parts();
    renameSync(path.join(blobs(), part!), path.join(blobs(), part!.replace(/\d+\.incomplete$/, '999999999.incomplete'))); // prettier-ignore
    await plan('hf:test/net');
    expect(downloads().at(-1)).toBe(`GET /cdn/${COMMIT}/model.safetensors bytes=500-`);
    expect(parts()).toEqual([]);
  });

  it('with other bytes than announced are refused and removed', async () => {
    hub.tamper = true;
    await expect(plan('hf:test/net')).rejects.toMatchObject({ code: 'damaged' });
    hub.tamper = false;
    const { weightsFile } = await plan('hf:test/net');
    expect(readFileSync(weightsFile!).equals(weights)).toBe(true);
  });

  it('that changed in the cache are downloaded again', async () => {
    const { weightsFile } = await plan('hf:test/net');
    writeFileSync(realpathSync(weightsFile!), weights.subarray(0, 100));
    const again = await plan('hf:test/net');
    expect(said).toContain(`${weightsFile} is damaged: it is downloaded again`);
    expect(readFileSync(again.weightsFile!).equals(weights)).toBe(true);
  });

  it('are named when they cannot be reached, with how to fetch them by hand', async () => {
    await plan('hf:test/net');
    await hub.close();
    await plan('hf:test/net'); // from the cache
    const url = `${hub.url}/test/net/resolve/${NEXT}/model.safetensors`;
    const error = (await plan(`hf:test/net@${NEXT}`).catch((one: unknown) => one)) as HubError;
    expect(error.code).toBe('offline');
    for (const part of ['cannot be reached (ECONNREFUSED)', `fetch ${url} on a machine with a connection`, 'model.encoderWeights to ./model.safetensors']) expect(error.message).toContain(part); // prettier-ignore
    process.env['HF_HUB_OFFLINE'] = '1';
    await expect(plan(`hf:test/net@${NEXT}`)).rejects.toThrow('HF_HUB_OFFLINE is set');
  });

  it('that are not there, or several, are listed', async () => {
    await expect(plan('hf:test/nothing')).rejects.toMatchObject({ code: 'not-found' });
    await expect(plan('hf:test/net/other.safetensors')).rejects.toThrow('.safetensors files there: model.safetensors'); // prettier-ignore
    const files = hub.commits.get(COMMIT)!;
    files.delete('model.safetensors');
    files.set('a.safetensors', weights);
    expect((await plan('hf:test/net')).weightsFile).toContain('a.safetensors');
    files.set('b.safetensors', weights);
    process.env['SEGLOSS_CACHE'] = path.join(folder, 'empty');
    const error = (await plan('hf:test/net').catch((one: unknown) => one)) as HubError;
    expect(error.code).toBe('ambiguous');
    expect(error.message).toContain('name one, as in hf:test/net/a.safetensors');
  });

  it('that a model cannot use are refused', async () => {
    const model = { name: 'unet', encoderWeights: 'imagenet' };
    await expect(plan('', { model })).rejects.toThrow('the model unet has no encoder that takes them');
    await expect(plan('hf:net')).rejects.toThrow('wanted imagenet or hf:owner/name[@revision][/file.safetensors], got "hf:net"'); // prettier-ignore
  });

  it('start a run, which resumes and repeats with the same bytes', async () => {
    const options = { onEvent: () => undefined, say: (text: string) => said.push(text) };
    const still = { epochs: 1, optimizer: { learningRate: 1e-12 } };
    const { folder: home, summary } = await runTraining(run('hf:test/net', still), options);
    expect(summary.status).toBe('finished');
    const opened = await openRun(home, { checkpoint: 'last', backend: 'wasm' });
    const kernel = opened.model.weights.find(({ originalName }) => originalName === 'encoder.layer2.0.conv1/kernel')!; // prettier-ignore
    // [2, 1, 3, 3] in PyTorch, [3, 3, 1, 2] here: pixel p of filter o is value 9 o + p of the file.
    const expected = [0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((p) => [p, 9 + p]).map((n) => ((n % 7) + 1) / 10);
    expect(kernel.shape).toEqual([3, 3, 1, 2]);
    kernel.read().dataSync().forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6)); // prettier-ignore
    opened.model.dispose();
    const kept = await loadConfig(path.join(home, 'config.resolved.yaml'));
    expect(kept.config.model['encoderWeights']).toBe(`hf:test/net@${COMMIT}/model.safetensors`);
    expect(kept.config.data.normalize).toEqual({ mean: [expect.closeTo(0.4, 12)], std: [expect.closeTo(0.2, 12)] }); // prettier-ignore
    await hub.close();
    const again = await planRun({ ...kept, file: path.join(folder, 'tiny.yaml') });
    expect([again.folder, again.state]).toEqual([home, 'finished']);
  });
});

it("says that a file of one's own comes without the normalization of its images, unless one is chosen", async () => {
  const file = path.join(folder, 'own.safetensors');
  writeFileSync(file, weights);
  await plan(file);
  expect(said.filter((text) => text.includes('they keep values from 0 to 1; set data.normalize'))).toEqual([expect.stringContaining(`${file}: a file does not say`)]); // prettier-ignore
  said.length = 0;
  await plan(file, { data: { folder: path.join(folder, 'data'), size: 32, normalize: 'none' } });
  expect(said).toEqual([]);
});

describe('imagenet', () => {
  it('is a repository for each encoder', () => {
    const encoders = models().flatMap(({ name }) => /^unet-(.+)$/.exec(name)?.[1] ?? []);
    expect(Object.keys(IMAGENET_REPOSITORIES).sort()).toEqual(encoders.sort());
    expect(encoders.length).toBeGreaterThan(5);
    expect(readReference('imagenet', 'resnet34')).toEqual({ repository: 'timm/resnet34.tv_in1k', revision: 'main', file: 'model.safetensors' }); // prettier-ignore
    expect(() => readReference('imagenet', 'vgg')).toThrow(
      'wanted an encoder with ImageNet weights (resnet18, ',
    );
  });

  it('has the mean and the standard deviation of ImageNet', async () => {
    const file = path.join(hubCache(), 'models--timm--resnet18.tv_in1k');
    for (const part of ['refs', `snapshots/${COMMIT}`]) mkdirSync(path.join(file, part), { recursive: true });
    writeFileSync(path.join(file, 'refs', 'main'), `${COMMIT}\n`);
    writeFileSync(path.join(file, 'snapshots', COMMIT, 'model.safetensors'), weights); // as a copy, by hand
    const { loaded } = await plan('imagenet');
    const { mean, std } = loaded.config.data.normalize as { mean: number[]; std: number[] };
    expect([mean[0], std[0]]).toEqual([expect.closeTo((0.485 + 0.456 + 0.406) / 3, 12), expect.closeTo((0.229 + 0.224 + 0.225) / 3, 12)]); // prettier-ignore
    expect(hub.requests).toEqual([]);
  });
});

const python = pythonWith('import torch, torchvision');
const torchvision = python === undefined ? it.skip : it;

torchvision(`the images of every encoder go through what torchvision does to them${python === undefined ? ' (skipped: python3 has no torch and torchvision)' : ''}`, () => {
  // An image of 128 in bytes, and what comes out of the preprocessing of the weights.
  const program = `
import json, torch
from torchvision import models
names = {"resnet18": "ResNet18", "resnet34": "ResNet34", "resnet50": "ResNet50", "resnet101": "ResNet101",
         "mobilenetv2": "MobileNet_V2", "mobilenetv3-large": "MobileNet_V3_Large", "efficientnet-b0": "EfficientNet_B0"}
image = torch.full((3, 256, 256), 128, dtype=torch.uint8)
given = {key: getattr(models, f"{name}_Weights").IMAGENET1K_V1.transforms()(image)[:, 0, 0].tolist() for key, name in names.items()}
print(json.dumps(given))
`;
  const given = JSON.parse(execFileSync(python!, ['-c', program], { encoding: 'utf8' })) as Record<string, number[]>; // prettier-ignore
  expect(Object.keys(given).sort()).toEqual(Object.keys(IMAGENET_REPOSITORIES).sort());
  const { mean, std } = IMAGENET_NORMALIZATION;
  for (const values of Object.values(given)) {
    expect(values).toEqual(mean.map((one, k) => expect.closeTo((128 / 255 - one) / std[k]!, 5)));
  }
}); // prettier-ignore

describe('the cache', () => {
  it('is the one of segloss, else that of the hub, by its variables', () => {
    expect(hubCache({ SEGLOSS_CACHE: '/s', HF_HUB_CACHE: '/h' })).toBe(path.join('/s', 'hub'));
    expect(hubCache({ HF_HUB_CACHE: '/h', HF_HOME: '/home' })).toBe('/h');
    expect(hubCache({ HF_HOME: '/home', XDG_CACHE_HOME: '/x' })).toBe(path.join('/home', 'hub'));
    expect(hubCache({ XDG_CACHE_HOME: '/x' })).toBe(path.join('/x', 'huggingface', 'hub'));
    expect(existsSync(path.join(folder, 'cache'))).toBe(false);
  });
});
