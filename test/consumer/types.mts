import { lineChart } from '@segloss/charts';
import { syntheticDataset, type Sample, type SegmentationDataset } from '@segloss/data';
import { connectedComponents, type Components } from '@segloss/geometry';
import { registerWasmKernels } from '@segloss/kernels';
import '@segloss/kernels/wasm';
import {
  compound,
  crossEntropy,
  diceLoss,
  forLayers,
  marginalL1,
  parseLoss,
  type Loss,
} from '@segloss/losses';
import { ConfusionMatrix, diceScores } from '@segloss/metrics';
import { selectBackend, train, unet, type EpochReport } from '@segloss/trainer';
import * as benchmark from 'segloss';
import * as bias from '@segloss/bias';
import * as tf from '@tensorflow/tfjs-core';

const loss: Loss = compound(crossEntropy(), marginalL1({ temperature: 10 }));
export const value: tf.Scalar = diceLoss(tf.zeros([1, 4]), tf.zeros([1, 4, 2]), { smooth: 1 });
export const total: tf.Scalar = parseLoss('ce').evaluate(tf.zeros([1, 4]), tf.zeros([1, 4, 2])).total;
export const layersLoss: (yTrue: tf.Tensor, yPred: tf.Tensor) => tf.Tensor = forLayers(loss);
// @ts-expect-error an unknown option is an error of types too
marginalL1({ temperatur: 10 });

export const components: Components = connectedComponents(new Uint8Array(4), [2, 2]);
export const scores: number[] = diceScores(new ConfusionMatrix(2));
const dataset: SegmentationDataset = syntheticDataset({ size: 16, train: 1, val: 1, seed: 1 });
const samples: Sample[] = await Promise.all(dataset.train.map((source) => source.load()));
const axis = { label: 'x' };
export const svg: string = lineChart({ title: 'T', description: 'D', x: axis, y: axis, series: [] });

registerWasmKernels();
export const backend: string = (await selectBackend('auto')).name;
const model = unet({ inputShape: [16, 16, 3], outputs: 1, seed: 1 });
const settings = { epochs: 1, batchSize: 1, learningRate: 0.01, seed: 1 };
const classes = [...dataset.classes];
export const reports: AsyncGenerator<EpochReport> = train({
  model,
  loss,
  train: samples,
  val: samples,
  classes,
  ...settings,
});
export { benchmark, bias };
