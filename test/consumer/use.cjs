const exercise = require('./exercise.cjs');

exercise({
  tf: require('@tensorflow/tfjs-core'),
  losses: require('@segloss/losses'),
  bias: require('@segloss/bias'),
  geometry: require('@segloss/geometry'),
  metrics: require('@segloss/metrics'),
  data: require('@segloss/data'),
  charts: require('@segloss/charts'),
  kernels: { ...require('@segloss/kernels'), ...require('@segloss/kernels/wasm') },
  models: require('@segloss/models'),
  trainer: require('@segloss/trainer'),
  benchmark: require('segloss'),
}).then((result) => console.log(JSON.stringify(result)));
