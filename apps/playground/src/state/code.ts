import { parseFormula, type Formula } from '../core/formula.js';
import { FORMULA, portableSpec } from '../core/losses.js';
import { BATCH, LEARNING_RATE, RARE, WIDTHS } from '../core/train-settings.js';
import type { State } from './state.js';

const DICE = 'formula: 1 - (2*overlap + 1) / (target + predicted + 1)';

interface Code {
  readonly typescript: string;
  readonly yaml: string;
}

/**
 * The state as TypeScript that runs in an empty project, and as the YAML of a training.
 *
 * @throws {SyntaxError} If a formula that was typed cannot be read. @throws {RangeError} If one is to be trained.
 */
export function codeOf(state: State): Code {
  return state.tab === 'train' ? codeOfTraining(state) : codeOfLosses(state);
}

function codeOfLosses({ losses, q, tab, card }: State): Code {
  const chosen = tab === 'card' ? [card] : losses.length > 0 ? losses : [DICE];
  const specs = chosen.filter((spec) => !spec.startsWith(FORMULA)).map((spec) => portableSpec(spec, q));
  const formulas = chosen.filter((spec) => spec.startsWith(FORMULA));
  const typescript = `import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers'; // registers the gradients
import * as tf from '@tensorflow/tfjs-core';
import { marginalForce, penaltyCurve } from '@segloss/bias';
import { ${formulas.length > 0 ? 'defineLoss, ' : ''}parseLoss } from '@segloss/losses';
${formulas.map(definition).join('')}
const q = ${Number(q.toPrecision(4))}; // true proportion of the foreground
const side = 64;
const labels = tf.tensor3d(Array.from({ length: side * side }, (_, i) => Number(i < q * side * side)), [1, side, side], 'int32');
const logits = tf.zeros([1, side, side, 1]); // every pixel: probability one half
const p = [q, ...Array.from({ length: 999 }, (_, i) => (i + 1) / 1000)]; // predicted proportions

for (const loss of [${[...specs.map((spec) => `parseLoss(${JSON.stringify(spec)})`), ...formulas.map((_, i) => `own${i + 1}()`)].join(', ')}]) {
  const { minimizer, unknown } = penaltyCurve(loss, { truth: q, p });
  const [force] = await marginalForce(loss, labels, logits).array();
  console.log(loss.spec, unknown.length > 0 ? 'no penalty in closed form' : \`penalty least at p = \${minimizer}\`, 'marginal force', force);
}
`;
  const yaml = `# segloss train -c run.yaml
data: { folder: ./data }
loss: ${JSON.stringify(specs[0] ?? 'dice')}
model: { name: unet, widths: ${listOf(WIDTHS)} }
epochs: 20
seed: 1
`;
  return { typescript, yaml };
}

/** The training of the page, on its images with rare regions; the YAML takes a folder of images and masks. */
function codeOfTraining({ train, q, epochs, seed, backend }: State): Code {
  if (train.startsWith(FORMULA))
    throw new RangeError('a training wanted a spec of the library, got a formula');
  const spec = JSON.stringify(portableSpec(train, q));
  const typescript = `import { setRelaxedSimd } from '@segloss/kernels';
import { loadAll, syntheticDataset } from '@segloss/data/samples';
import { parseLoss } from '@segloss/losses';
import { unet } from '@segloss/models';
import { selectBackend, train } from '@segloss/trainer';

await selectBackend('wasm');
setRelaxedSimd(false); // the arithmetic of the page: the same weights, bit for bit
const images = syntheticDataset({ ${Object.entries(RARE)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ')} });
const options = {
  model: unet({ inputShape: [${RARE.size}, ${RARE.size}, 1], outputs: 1, widths: ${listOf(WIDTHS)}, norm: 'batch', seed: ${seed} }),
  loss: parseLoss(${spec}),
  train: await loadAll(images.train),
  val: await loadAll(images.val),
  classes: images.classes,
  epochs: ${epochs},
  seed: ${seed},
  batchSize: ${BATCH},
  optimizer: { name: 'adam', learningRate: ${LEARNING_RATE} },
} as const;
for await (const { epoch, val } of train(options)) {
  const [soft, hard] = [val.soft[1]! / val.truth[1]!, val.hard[1]! / val.truth[1]!];
  console.log(\`epoch \${epoch + 1}: predicted over true size \${soft} soft, \${hard} hard\`);
}
`;
  const yaml = `# segloss train -c run.yaml
data: { folder: ./data }
loss: ${spec}
model: { name: unet, widths: ${listOf(WIDTHS)}, norm: batch }
optimizer: { name: adam, learningRate: ${LEARNING_RATE} }
batchSize: ${BATCH}
epochs: ${epochs}
seed: ${seed}
${backend === 'auto' ? '' : `backend: ${backend}\n`}`;
  return { typescript, yaml };
}

const listOf = (values: readonly number[]) => `[${values.join(', ')}]`;

/** A formula as a loss of one's own. */
function definition(spec: string, index: number): string {
  return `
const own${index + 1} = defineLoss({
  name: 'own-${index + 1}',
  summary: ${JSON.stringify(spec.slice(FORMULA.length).trim())},
  defaults: {},
  statistics: () => ['overlap', 'predicted', 'target', 'count'],
  compute: ({ overlap, predicted, target, count }) => tf.mean(${toTensorFlow(spec)}),
});
`;
}

function toTensorFlow(spec: string): string {
  return toTf(parseFormula(spec.slice(FORMULA.length)));
}

const OPERATIONS = { '+': 'add', '-': 'sub', '*': 'mul', '/': 'div', '^': 'pow' } as const;

/** A formula as calls of tfjs. */
export function toTf(formula: Formula): string {
  switch (formula.kind) {
    case 'number':
      return String(formula.value);
    case 'variable':
      return formula.name;
    case 'call':
      return `tf.${formula.name}(${toTf(formula.of)})`;
    case 'operator':
      return `tf.${OPERATIONS[formula.name]}(${toTf(formula.left)}, ${toTf(formula.right)})`;
  }
}
