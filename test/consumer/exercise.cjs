/** Something real from every package; the same for modules that were imported and modules that were required. */
module.exports = async function exercise({
  tf,
  losses,
  bias,
  geometry,
  metrics,
  data,
  charts,
  kernels,
  models,
  trainer,
  benchmark,
}) {
  const { name } = await trainer.selectBackend('wasm');
  const round = (value) => Math.round(value * 1e4) / 1e4;
  const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32');
  const logits = tf.zeros([1, 4, 2]);
  const loss = losses.parseLoss('ce + 0.5*l1(temperature=10)');

  const confusion = new metrics.ConfusionMatrix(2);
  confusion.add([0, 0, 1, 1], [0, 0, 0, 1]);
  const dataset = data.syntheticDataset({ size: 16, train: 1, val: 1, seed: 1 });
  const sample = await dataset.train[0].load();
  const axis = { label: 'x' };
  const series = [{ name: 'line', points: [[0, 0], [1, 1]] }]; // prettier-ignore
  const chart = charts.lineChart({ title: 'T', description: 'D', x: axis, y: axis, series });

  const model = models.unet({ inputShape: [16, 16, 3], outputs: 1, widths: [2, 4], seed: 1 });
  const output = model.predict(tf.zeros([1, 16, 16, 3]));

  return {
    loss: round((await loss(labels, logits).data())[0]),
    gradient: tf.grad((z) => loss(labels, z))(logits).shape,
    bias: Array.from(await bias.marginalForce(losses.crossEntropy(), labels, logits).data()).map(round),
    components: geometry.connectedComponents([1, 0, 1], [1, 3]).count,
    dice: metrics.diceScores(confusion).map(round),
    data: [sample.width, sample.mask.length],
    charts: chart.slice(0, 4),
    kernels: typeof kernels.registerWasmKernels,
    trainer: [name, output.shape],
    benchmark: typeof benchmark.renderReport,
  };
};
