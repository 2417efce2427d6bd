import { createRequire } from 'node:module';
import * as benchmark from 'segloss';
import * as bias from '@segloss/bias';
import * as charts from '@segloss/charts';
import * as data from '@segloss/data';
import * as geometry from '@segloss/geometry';
import * as kernels from '@segloss/kernels';
import * as wasm from '@segloss/kernels/wasm';
import * as losses from '@segloss/losses';
import * as metrics from '@segloss/metrics';
import * as models from '@segloss/models';
import * as trainer from '@segloss/trainer';
import tf from '@tensorflow/tfjs-core';
import exercise from './exercise.cjs';

const require = createRequire(import.meta.url);
const modules = { losses, bias, geometry, metrics, data, charts, kernels, models, trainer, benchmark };
for (const [name, module] of Object.entries(modules)) {
  const names = (exported) => Object.keys(exported).sort().join(' ');
  if (names(module) !== names(require(name === 'benchmark' ? 'segloss' : `@segloss/${name}`)))
    throw new Error(`${name} exports different names as ESM and as CommonJS`);
}
console.log(JSON.stringify(await exercise({ ...modules, kernels: { ...kernels, ...wasm }, tf })));
