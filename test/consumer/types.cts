import { diceLoss, parseLoss, type Loss } from '@segloss/losses';
import '@segloss/kernels/wasm';
import { ConfusionMatrix, diceScores } from '@segloss/metrics';
import * as benchmark from 'segloss';
import * as bias from '@segloss/bias';
import * as charts from '@segloss/charts';
import * as data from '@segloss/data';
import * as kernels from '@segloss/kernels';
import * as trainer from '@segloss/trainer';
import * as tf from '@tensorflow/tfjs-core';

export const loss: Loss = parseLoss('ce + dice');
export const value: tf.Scalar = diceLoss(tf.zeros([1, 4]), tf.zeros([1, 4, 2]), { smooth: 1 });
export const scores: number[] = diceScores(new ConfusionMatrix(2));
export { benchmark, bias, charts, data, kernels, trainer };
