// One case of sliding-window.mjs: prints the peak of resident memory and the seconds as JSON.
import { unet } from '@segloss/models';
import { predictSliding, predictSlidingLabels, selectBackend } from '@segloss/trainer';

const { size, outputs, keep } = JSON.parse(process.argv[2]);
await selectBackend('wasm');
const model = unet({ inputShape: [512, 512, 1], outputs, widths: [4], seed: 1 });
const image = new Float32Array(size * size);
for (let i = 0; i < image.length; i++) image[i] = ((i % size) + (i >> 13)) % 7;
const sample = { id: 'a', width: size, height: size, channels: 1, image, mask: new Uint8Array(size * size) };
const start = performance.now();
await (keep === 'labels' ? predictSlidingLabels : predictSliding)(model, sample, {
  overlap: 0.25,
  batchSize: 1,
});
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ peak: process.resourceUsage().maxRSS * 1024, seconds }));
