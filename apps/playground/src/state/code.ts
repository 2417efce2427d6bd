import { parseFormula, type Formula } from '../core/formula.js';
import { FORMULA, portableSpec } from '../core/losses.js';
import type { State } from './state.js';

const DICE = 'formula: 1 - (2*overlap + 1) / (target + predicted + 1)';

/** The state as TypeScript that runs in an empty project, and as the YAML of a training. */
export function codeOf({ losses, q, train, tab, card, backend }: State): {
  typescript: string;
  yaml: string;
} {
  const chosen = tab === 'train' ? [train] : tab === 'card' ? [card] : losses.length > 0 ? losses : [DICE];
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

for (const loss of [${[...specs.map((spec) => `parseLoss(${JSON.stringify(spec)})`), ...formulas.map((_, i) => `own${i + 1}()`)].join(', ')}]) {
  const { minimizer, unknown } = penaltyCurve(loss, { truth: q });
  const [force] = await marginalForce(loss, labels, logits).array();
  console.log(loss.spec, unknown.length > 0 ? 'no penalty in closed form' : \`penalty least at \${minimizer}\`, 'marginal force', force);
}
`;
  const yaml = `# segloss train -c run.yaml
data: { folder: ./data }
loss: ${JSON.stringify(specs[0] ?? 'dice')}
model: { name: unet, widths: [8, 16, 32] }
epochs: 20
seed: 1
${tab === 'train' && backend !== 'auto' ? `backend: ${backend}\n` : ''}`;
  return { typescript, yaml };
}

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
