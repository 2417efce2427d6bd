/** The benchmark file of `segloss demo`, which needs no other file; `experiments/demo.yaml` is a copy for users. */
export const DEMO = `# What losses do to region sizes, in 96 small trainings: four losses, three data sets without downloads, eight seeds.
# segloss benchmark -c experiments/demo.yaml   (the same as: segloss demo)
name: demo

base:
  model:
    name: unet
    widths: [8, 16]
    norm: none # with batch normalization the extremes are rarer
  optimizer:
    learningRate: 0.005
  schedule:
    name: poly
  epochs: 20
  batchSize: 4

grid:
  data.folder:
    - { name: real nuclei, data.folder: demo:nuclei } # crops of 32 x 32; or a folder of your own
    - { name: rare blurry regions, data.folder: demo:rare }
    - { name: large blurry regions, data.folder: demo:large }
  loss:
    - ce
    - dice
    - ce + dice
    - ce + l1(temperature=10)
  seed: [0, 1, 2, 3, 4, 5, 6, 7]
`;

/** Settings of a training for which nothing was chosen but the data, `segloss train --data FOLDER`: the lines of `base`. */
const RECIPE = `  model:
    name: unet # packages/models/README.md lists the models and their options
    widths: [8, 16, 32, 64, 128]
    norm: batch
  optimizer:
    learningRate: 0.005
  schedule:
    name: one-cycle # rises over the first 3 tenths, then falls to 0
  updates: 1000 # of the weights, whatever the number of images
  batchSize: 4
  batchNormStatistics: exact
  outputBias: prior # starts from the true proportions of the classes
`;

/** What `segloss train --data FOLDER` starts from. */
export const OWN_RUN = `base:\n  data:\n    size: auto\n${RECIPE}`;

/** What `segloss benchmark --data FOLDER` starts from; `experiments/own-folder.yaml` is a copy for users. */
export const OWN_FOLDER = `# The same losses on images of your own.
# segloss benchmark -c experiments/own-folder.yaml --data ./my-images   (the same as: segloss benchmark --data ./my-images)
name: own-folder

base:
  data: # folder: ./my-images, images and masks; several folders: a list in the grid, data.folder: [./a, ./b]
    size: auto # about 128 x 128 pixels at most; original keeps the size of the images
${RECIPE}
grid:
  loss:
    - ce
    - dice
    - ce + dice
    - ce + 0.1*l1(temperature=10)
    - ce + kl
  seed: [0] # 0, 1, 2 for a comparison
`;
