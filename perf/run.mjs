// `npm run perf -- NAME [options]`: times of the built packages, as ratios within one run.
const PROGRAMS = {
  analyze: './analyze.mjs',
  backends: './backends.mjs',
  cells: './cells.mjs',
  'every-loss': './every-loss.mjs',
  'first-epoch': './first-epoch.mjs',
  geometry: './geometry.mjs',
  images: './images.mjs',
  loading: './loading.mjs',
  losses: './losses.mjs',
  metrics: './metrics.mjs',
  networks: './networks.mjs',
  playground: './playground.mjs',
  resnet: './resnet.mjs',
  scaling: './scaling.mjs',
  'sliding-window': './sliding-window.mjs',
  'start-up': './start-up.mjs',
  threads: './threads.mjs',
  'web-runtimes': './web-runtimes.mjs',
};

const [name, ...options] = process.argv.slice(2);
if (name === undefined || !(name in PROGRAMS)) {
  console.error(`perf: wanted one of ${Object.keys(PROGRAMS).join(', ')}, got ${name ?? 'nothing'}`);
  process.exitCode = 2;
} else {
  const { main } = await import(PROGRAMS[name]);
  await main(options);
}
