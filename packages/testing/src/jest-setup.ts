import '@tensorflow/tfjs-layers'; // tfjs-core alone registers no gradients
import '@tensorflow/tfjs-backend-cpu';
import { env } from '@tensorflow/tfjs-core';

// No banner that recommends another backend. (IS_TEST would do that too, but its leak check takes tensors that a
// custom gradient saves on wasm, where Identity copies, for leaks.)
env().set('PROD', true);

// Facts about the files of a data set are not kept in the cache folder of whoever runs the tests.
process.env.SEGLOSS_CACHE ??= 'off';
