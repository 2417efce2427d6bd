import type { LayersModel } from '@tensorflow/tfjs-layers';

import { chooseBackend, type Chosen, type WantedBackend } from './choose-backend.js';
import { nucleiTrainData } from './nuclei.js';
import { ownTrainData, type OwnFiles } from './own-images.js';
import { gpuFailure, stopWebGPU, type Backend } from './train-backend.js';
import {
  hashOfWeights,
  PREVIEWS,
  syntheticTrainData,
  trainJob,
  type TrainData,
  type TrainReport,
  type TrainSettings,
} from './train-job.js';

/** What the page asks for. */
export interface TrainRequest {
  readonly settings: TrainSettings;
  readonly data: 'synthetic' | 'nuclei' | OwnFiles;
  readonly backend: WantedBackend;
  /** Address of the folder of tfjs's wasm files. */
  readonly wasm: string;
  readonly threads: number;
}

/** What comes back. */
export type TrainAnswer =
  /** What is being done: a sign of life. */
  | { readonly kind: 'phase'; readonly text: string }
  /** A training begins, perhaps anew on another backend. */
  | {
      readonly kind: 'start';
      readonly backend: Backend;
      /** What was done to the images, and what the user should know of the backend. */
      readonly remarks: readonly string[];
      readonly size: number;
      readonly images: readonly Uint8Array[];
      readonly truths: readonly Uint8Array[];
    }
  | { readonly kind: 'epoch'; readonly report: TrainReport }
  | { readonly kind: 'done'; readonly hash: string; readonly model: string; readonly weights: ArrayBuffer }
  | { readonly kind: 'error'; readonly message: string };

/** Milliseconds between two signs of life. */
const PHASE_EVERY = 250;

/** Trains in this thread: in a worker, or in the page. */
export async function runTraining(
  request: TrainRequest,
  answer: (answer: TrainAnswer) => void,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await training(request, answer, signal);
  } catch (error) {
    if (!signal?.aborted) answer({ kind: 'error', message: (error as Error).message });
  }
}

async function training(
  { settings, data, backend: wanted, wasm, threads }: TrainRequest,
  answer: (answer: TrainAnswer) => void,
  signal?: AbortSignal,
): Promise<void> {
  const phase = (text: string) => answer({ kind: 'phase', text });
  phase('Reading the images');
  const set = await open(data, phase);
  const chosen = await chooseBackend({ backend: wanted, settings, set, wasm, threads, phase });
  const once = ({ backend, remark }: Pick<Chosen, 'backend' | 'remark'>) => {
    const shown = set.val.slice(0, PREVIEWS);
    answer({
      kind: 'start',
      backend,
      remarks: [...(set.remarks ?? []), ...(remark === undefined ? [] : [remark])],
      size: shown[0]!.width,
      images: shown.map(grayOf),
      truths: shown.map(({ mask }) => mask.map((label) => (label === 1 ? 255 : 0))),
    });
    return trainOnce(settings, set, answer, signal);
  };
  try {
    await once(chosen);
  } catch (error) {
    if (chosen.backend.name !== 'webgpu' || signal?.aborted) throw error;
    // A GPU that is lost or full is no reason to end without weights.
    phase('Starting again without the GPU');
    const reason = await gpuFailure(error as Error);
    await stopWebGPU(chosen.processor);
    await once({
      backend: chosen.processor,
      remark: `WebGPU stopped: ${reason}. The training began anew without it. If it happens again, close other pages that use the GPU, or choose WebAssembly.`,
    });
  }
}

async function trainOnce(
  settings: TrainSettings,
  set: TrainData,
  answer: (answer: TrainAnswer) => void,
  signal?: AbortSignal,
): Promise<void> {
  let last = -Infinity;
  const onStep = (step: number, steps: number, epoch: number) => {
    if (performance.now() - last < PHASE_EVERY) return;
    last = performance.now();
    answer({ kind: 'phase', text: `Epoch ${epoch + 1}, step ${step} of ${steps}` });
  };
  const job = trainJob(settings, set, signal, onStep);
  let step = await job.next();
  for (; !step.done; step = await job.next()) {
    answer({ kind: 'epoch', report: step.value });
    await new Promise((resolve) => setTimeout(resolve)); // where the page trains itself, it may draw
    if (signal?.aborted) return;
  }
  const model = step.value;
  const weights = await Promise.all(
    model.getWeights().map(async (one) => (await one.data()) as Float32Array),
  );
  answer({ kind: 'done', hash: await hashOfWeights(weights), ...(await savedModel(model)) });
  model.dispose();
}

function open(data: TrainRequest['data'], phase: (text: string) => void): Promise<TrainData> {
  if (data === 'synthetic') return syntheticTrainData();
  if (data === 'nuclei') return nucleiTrainData();
  return ownTrainData(data, (done, total) => phase(`Image ${done} of ${total} is read`));
}

/** Means over the channels, 0 to 255. */
function grayOf({ image, channels }: TrainData['val'][number]): Uint8Array {
  return Uint8Array.from({ length: image.length / channels }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += image[i * channels + c]!;
    return Math.round((255 * sum) / channels);
  });
}

/** The model as tfjs saves it: the text of model.json and the bytes of weights.bin. */
async function savedModel(model: LayersModel): Promise<{ model: string; weights: ArrayBuffer }> {
  let saved: { model: string; weights: ArrayBuffer } | undefined;
  await model.save({
    save: async ({ modelTopology, weightSpecs, weightData }) => {
      const manifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      saved = {
        model: JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest: manifest }),
        weights: weightData as ArrayBuffer,
      };
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    },
  });
  return saved!;
}
