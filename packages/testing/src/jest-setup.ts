import '@tensorflow/tfjs-layers'; // tfjs-core alone registers no gradients
import '@tensorflow/tfjs-backend-cpu';
import { env } from '@tensorflow/tfjs-core';

env().set('IS_TEST', true); // no banner that recommends another backend
