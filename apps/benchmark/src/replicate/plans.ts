import { SMALL_SETS } from './sets.js';

/** The losses that the claims compare. */
const CLAIM_LOSSES = `    - ce
    - dice
    - ce + dice
    - ce + log-dice
    - focal
    - ce + l1(temperature=10)
    - ce + 0.1*kl(temperature=10)
    - dice + 10*l1 # a foil: a size term strong enough to outweigh the loss`;

/** Entries of the axis `data.folder`. */
const dataAxis = (names: readonly string[]): string =>
  names.map((name) => `    - { name: ${name}, data.folder: ./data/${name} }`).join('\n');

/** The grid of the claims on some data sets. */
export const claimGrid = (names: readonly string[]): string => `grid:
  data.folder:
${dataAxis(names)}
  loss:
${CLAIM_LOSSES}
  seed: [0, 1, 2, 3, 4]
`;

const SET_NAMES = SMALL_SETS.map(({ name }) => name);

/** Plans of `--scale small`, by name; `experiments/paper/NAME.yaml` are copies for users. */
export const SMALL_PLANS: Readonly<Record<string, string>> = {
  'claims-long': `# The same claims, data sets and losses as claims.yaml, trained until cross-entropy has converged: README.md says why there are two.
# segloss replicate paper --data DIR   prepares ./data and trains what is missing.
name: claims-long

base:
  data:
    limit: 64 # training images, and validation images
  model:
    name: unet
    widths: [8, 16, 32]
    norm: batch
  optimizer:
    learningRate: 0.005
  schedule:
    name: poly
  epochs: 24
  batchSize: 4
  batchNormStatistics: exact # at these few updates an average over old weights would be wrong
  outputBias: prior # starts from the true proportions, so that rare classes need no hundred updates to become rare
  backend: wasm

${claimGrid(SET_NAMES)}`,
  claims: `# The paper's claims C1, C3 to C6 and C8: six data sets, eight losses, five seeds. README.md says how each claim is decided.
# segloss replicate paper --data DIR   prepares ./data and trains what is missing.
name: claims

base:
  data:
    limit: 64 # training images, and validation images
  model:
    name: unet
    widths: [8, 16, 32]
    norm: instance
  optimizer:
    learningRate: 0.003
  schedule:
    name: poly
  epochs: 10
  batchSize: 4
  backend: wasm

${claimGrid(SET_NAMES)}`,
  imbalance: `# The paper's claim C2: does plain Dice end at extremes? Three synthetic data sets, five losses, with and without batch normalization,
# two learning rates, twenty seeds. README.md says how the claim is decided.
# segloss replicate paper --data DIR   trains what is missing.
name: imbalance

base:
  model:
    name: unet
    widths: [8, 16]
  schedule:
    name: poly
  epochs: 15
  batchSize: 8
  backend: wasm

grid:
  data.folder:
    - { name: rare, data.folder: demo:rare } # 3 %, blurred
    - { name: mixed, data.folder: demo:mixed } # 1, 5 or 20 %, blurred
    - { name: large, data.folder: demo:large } # 30 %, blurred
  setup:
    - { name: no normalization, model.norm: none, optimizer.learningRate: 0.005 }
    - { name: batch normalization, model.norm: batch, optimizer.learningRate: 0.005 }
    - { name: 'no normalization, slower', model.norm: none, optimizer.learningRate: 0.001 }
    - { name: 'batch normalization, slower', model.norm: batch, optimizer.learningRate: 0.001 }
  loss:
    - ce
    - dice
    - ce + dice
    - ce + l1(temperature=10)
    - ce + 0.1*kl(temperature=10)
  seed: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]
`,
  temperature: `# The paper's claim C7: weight and temperature of the size term on one medical and one natural data set.
# segloss replicate paper --data DIR   prepares ./data and trains what is missing.
name: temperature

base:
  data:
    limit: 64 # training images, and validation images
  model:
    name: unet
    widths: [8, 16, 32]
    norm: batch
  optimizer:
    learningRate: 0.005
  schedule:
    name: poly
  epochs: 24
  batchSize: 4
  batchNormStatistics: exact
  outputBias: prior
  backend: wasm

grid:
  data.folder:
${dataAxis(['retinal-lesions-idrid', 'nuclei'])}
  loss:
    - ce + 0.1*l1
    - ce + 0.1*l1(temperature=5)
    - ce + 0.1*l1(temperature=10)
    - ce + 0.1*l1(temperature=20)
    - ce + 0.3*l1
    - ce + 0.3*l1(temperature=5)
    - ce + 0.3*l1(temperature=10)
    - ce + 0.3*l1(temperature=20)
    - ce + l1
    - ce + l1(temperature=5)
    - ce + l1(temperature=10)
    - ce + l1(temperature=20)
    - ce + 3*l1
    - ce + 3*l1(temperature=5)
    - ce + 3*l1(temperature=10)
    - ce + 3*l1(temperature=20)
  seed: [0, 1, 2]
`,
};
