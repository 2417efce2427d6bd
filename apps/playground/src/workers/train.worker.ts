import type { LayersModel } from '@tensorflow/tfjs-layers';

import { startWasm } from '../core/train-backend.js';
import { nucleiTrainData } from '../core/nuclei.js';
import {
  hashOfWeights,
  PREVIEWS,
  syntheticTrainData,
  trainJob,
  type TrainReport,
  type TrainSettings,
} from '../core/train-job.js';

/** What the page asks for. */
export interface TrainRequest {
  readonly settings: TrainSettings;
  readonly data: 'synthetic' | 'nuclei';
  /** Address of the folder of tfjs's wasm files. */
  readonly wasm: string;
}

/** What comes back. */
export type TrainAnswer =
  | {
      readonly kind: 'start';
      readonly size: number;
      readonly images: readonly Uint8Array[];
      readonly truths: readonly Uint8Array[];
    }
  | { readonly kind: 'epoch'; readonly report: TrainReport }
  | { readonly kind: 'done'; readonly hash: string; readonly model: string; readonly weights: ArrayBuffer }
  | { readonly kind: 'error'; readonly message: string };

const answer = (one: TrainAnswer) => postMessage(one);

addEventListener('message', ({ data }: MessageEvent<TrainRequest>) => {
  run(data).catch((error: Error) => answer({ kind: 'error', message: error.message }));
});

async function run({ settings, data, wasm }: TrainRequest): Promise<void> {
  await startWasm(wasm);
  const set = await (data === 'nuclei' ? nucleiTrainData() : syntheticTrainData());
  const shown = set.val.slice(0, PREVIEWS);
  answer({
    kind: 'start',
    size: shown[0]!.width,
    images: shown.map(({ image, channels }) =>
      Uint8Array.from({ length: image.length / channels }, (_, i) => Math.round(255 * image[i * channels]!)),
    ),
    truths: shown.map(({ mask }) => mask.map((label) => (label === 1 ? 255 : 0))),
  });
  const job = trainJob(settings, set);
  let step = await job.next();
  for (; !step.done; step = await job.next()) answer({ kind: 'epoch', report: step.value });
  const model = step.value;
  const weights = await Promise.all(
    model.getWeights().map(async (one) => (await one.data()) as Float32Array),
  );
  answer({ kind: 'done', hash: await hashOfWeights(weights), ...(await savedModel(model)) });
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
