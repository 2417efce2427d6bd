import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { exportNotes, type OpenRun } from '@segloss/trainer';
import { colorOf } from '@segloss/trainer/loop';

import { UsageError } from '../errors.js';
import { document } from '../page/document.js';
import { html, raw } from '../page/html.js';
import { pageScript } from '../page/page-script.js';
import { style } from '../page/style.js';
import { ELEMENTS, type PageFacts } from './facts.js';

const ownStyle = `
.drop { display: block; border: 2px dashed var(--line); border-radius: 8px; padding: 1.5rem; margin: 1rem 0; text-align: center; }
.drop input { display: block; margin: .75rem auto 0; max-width: 100%; }
.wrong { color: #b3261e; }
@media (prefers-color-scheme: dark) { .wrong { color: #ff8a80; } }
.result { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }
.result canvas { max-width: min(100%, 48rem); min-width: min(16rem, 100%); height: auto; border: 1px solid var(--line); image-rendering: pixelated; }
.swatch { display: inline-block; width: .9em; height: .9em; margin-right: .4em; vertical-align: -.1em; border: 1px solid var(--line); }
`;

/** The script of the page, which the build makes of main.ts. */
const runtime = (): string =>
  readFileSync(path.join(path.dirname(fileURLToPath(import.meta.url)), 'export-page.global.js'), 'utf8');

/**
 * A page that segments a dropped image with a run's model: one file, which works from a disk and asks for nothing else.
 *
 * @param model Content of `model.json` and of `weights.bin`.
 * @param script Default: that of the build.
 * @throws {UsageError} If the model takes volumes, or images of other channels than one or three.
 */
export function exportPage(
  run: Pick<OpenRun, 'folder' | 'classes' | 'background' | 'config' | 'inputShape'>,
  model: { readonly topology: string; readonly weights: Uint8Array },
  script: string = runtime(),
): string {
  checkPage(run);
  const { classes, background, normalize, loss } = exportNotes(run);
  const [height, width, channels] = run.inputShape as PageFacts['inputShape'];
  const facts: PageFacts = { classes, background, normalize, inputShape: [height, width, channels] };
  const name = path.basename(run.folder);
  const rows = classes.map((one, k) => {
    const swatch = raw(`<i class="swatch" style="background: rgb(${colorOf(k, background).join(',')})"></i>`);
    return html`<tr>
      <th scope="row">${swatch}${one}</th>
      <td></td>
      <td></td>
    </tr>`;
  });
  const main = html`<h1>${name}</h1>
    <p>
      This page segments images with a trained network. The image stays on this machine: the page loads
      nothing and sends nothing.
    </p>
    <label class="drop"
      ><span id="status" role="status">This page needs JavaScript.</span>
      <input id="file" type="file" accept="image/*" disabled />
    </label>
    <div class="result">
      <canvas id="picture" role="img" aria-label="the image with its regions in color" hidden></canvas>
      <div>
        <table id="sizes" hidden>
          <caption>
            Size of each class in this image
          </caption>
          <thead>
            <tr>
              <th>class</th>
              <th>pixels</th>
              <th>share</th>
            </tr>
          </thead>
          <tbody>
            ${rows}
          </tbody>
        </table>
        <a id="labels" hidden>Download the labels (PNG of class indices)</a>
      </div>
    </div>
    <p class="quiet">
      ${String(run.config.model.name)}, trained with ${loss} by segloss. Images are resized to ${width} x
      ${height} pixels for the network, and its probabilities back to their size.
    </p>
    ${dataBlock(ELEMENTS.facts, JSON.stringify(facts))} ${dataBlock(ELEMENTS.topology, model.topology)}
    ${dataBlock(ELEMENTS.weights, Buffer.from(model.weights).toString('base64'))}`;
  return document({
    title: `${name}: segment an image`,
    style: style + ownStyle,
    main,
    script: pageScript(script),
    // The binary of WebAssembly is in the script, as a data URL.
    policy: { script: "'wasm-unsafe-eval'", connect: 'data:' },
  });
}

/** @throws {UsageError} If the model takes volumes, or images of other channels than one or three. */
export function checkPage({ inputShape }: Pick<OpenRun, 'inputShape'>): void {
  const channels = inputShape.at(-1)!;
  if (inputShape.length === 3 && (channels === 1 || channels === 3)) return;
  const got = inputShape.length === 3 ? `images of ${channels} channels` : 'volumes';
  throw new UsageError(
    `export: --page is for models of gray or color images, and this one takes ${got}; export it without --page`,
  );
}

/** Text in the page that is no script. */
const dataBlock = (id: string, text: string) =>
  raw(`<script type="application/octet-stream" id="${id}">${text.replaceAll('<', '\\u003c')}</script>`);
