// The script of an exported page: segments an image that is dropped on it. It is bundled by itself, and nothing is loaded from elsewhere.
import '@segloss/kernels/wasm';
import '@segloss/models/layers';
import type { Sample } from '@segloss/data/samples';
import { colorOf, predictImage, type Predictor } from '@segloss/trainer/loop';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
// eslint-disable-next-line no-restricted-imports -- a file of the package, and no part of its interface
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm';
import { io, ready, setBackend } from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';

import { ELEMENTS, type PageFacts } from './facts.js';
import { readImage } from './read-image.js';

/** Share of a class's color in its region. */
const TINT = 0.5;

const element = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;
const jsonOf = <T>(id: string) => JSON.parse(element(id).textContent) as T;

async function openModel(facts: PageFacts): Promise<Predictor> {
  setWasmPaths({ 'tfjs-backend-wasm.wasm': simd, 'tfjs-backend-wasm-simd.wasm': simd, 'tfjs-backend-wasm-threaded-simd.wasm': simd }); // prettier-ignore
  if (!(await setBackend('wasm')))
    throw new Error('this browser has no WebAssembly with SIMD; use a newer one');
  await ready();
  const { modelTopology, weightsManifest } = jsonOf<{
    modelTopology: object;
    weightsManifest: io.WeightsManifestConfig;
  }>(ELEMENTS.topology);
  const bytes = Uint8Array.from(atob(element(ELEMENTS.weights).textContent.trim()), (one) =>
    one.charCodeAt(0),
  );
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  const model = await loadLayersModel(
    io.fromMemory({ modelTopology, weightSpecs, weightData: bytes.buffer }),
  );
  const { inputShape, background, normalize } = facts;
  return { model, inputShape, background, config: { data: { normalize } } };
}

/** The image with its regions in color. */
function draw(sample: Sample, labels: Uint8Array, { background }: PageFacts): void {
  const { width, height, channels, image } = sample;
  const canvas = element<HTMLCanvasElement>('picture');
  Object.assign(canvas, { width, height, hidden: false });
  const pixels = new ImageData(width, height);
  labels.forEach((label, pixel) => {
    const tint = label === background ? 0 : TINT;
    const color = colorOf(label, background);
    for (let c = 0; c < 3; c++) {
      const value = 255 * image[pixel * channels + (channels === 1 ? 0 : c)]!;
      pixels.data[4 * pixel + c] = (1 - tint) * value + tint * color[c]!;
    }
    pixels.data[4 * pixel + 3] = 255;
  });
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
}

/** Pixels and share of each class. */
function list(labels: Uint8Array, { classes }: PageFacts): void {
  const counts = classes.map((_, k) => labels.reduce((sum, label) => sum + (label === k ? 1 : 0), 0));
  element('sizes').hidden = false;
  Array.from(element<HTMLTableElement>('sizes').tBodies[0]!.rows).forEach((row, k) => {
    row.cells[1]!.textContent = String(counts[k]);
    row.cells[2]!.textContent = `${((100 * counts[k]!) / labels.length).toFixed(2)}%`;
  });
}

/** Offers the class indices as a PNG. */
async function offer({ id, width, height }: Sample, labels: Uint8Array): Promise<void> {
  const canvas = new OffscreenCanvas(width, height);
  const pixels = new ImageData(width, height);
  labels.forEach((label, pixel) => pixels.data.set([label, label, label, 255], 4 * pixel));
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
  const link = element<HTMLAnchorElement>('labels');
  if (link.href) URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(await canvas.convertToBlob({ type: 'image/png' }));
  link.download = `${id.replace(/\.\w+$/, '')}-labels.png`;
  link.hidden = false;
}

async function main(): Promise<void> {
  const facts = jsonOf<PageFacts>(ELEMENTS.facts);
  const status = element('status');
  const say = (text: string, wrong = false) => {
    status.textContent = text;
    status.classList.toggle('wrong', wrong);
  };
  say('Loading the model ...');
  const run = await openModel(facts);
  let turn: Promise<void> = Promise.resolve();
  const segment = (file: File | undefined) => {
    if (file === undefined) return;
    turn = turn.then(async () => {
      say(`Segmenting ${file.name} ...`);
      try {
        const sample = await readImage(file, facts.inputShape[2]);
        const { labels } = await predictImage([run], sample);
        draw(sample, labels, facts);
        list(labels, facts);
        await offer(sample, labels);
        say(`${file.name}: ${sample.width} x ${sample.height} pixels`);
      } catch (error) {
        for (const id of ['picture', 'sizes', 'labels']) element(id).hidden = true;
        say((error as Error).message, true);
      }
    });
  };
  const input = element<HTMLInputElement>('file');
  input.addEventListener('change', () => segment(input.files?.[0]));
  input.disabled = false;
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    event.preventDefault();
    segment(event.dataTransfer?.files[0]);
  });
  addEventListener('paste', (event) => segment(event.clipboardData?.files[0]));
  say('Drop an image anywhere on this page, paste one, or choose a file.');
}

main().catch((error: unknown) => {
  const status = element('status');
  status.textContent = `The model cannot be loaded: ${(error as Error).message}`;
  status.classList.add('wrong');
});
