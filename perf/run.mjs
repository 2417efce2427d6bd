// `npm run bench -- NAME [options]`: programs that measure on the built packages and print ratios of one run.
const BENCHES = {
  analyze: './analyze.mjs',
  backends: './backends.mjs',
  loading: './loading.mjs',
  losses: './losses.mjs',
  metrics: './metrics.mjs',
  scaling: './scaling.mjs',
  threads: './threads.mjs',
  training: './training.mjs',
};

const [name, ...options] = process.argv.slice(2);
if (name === undefined || !(name in BENCHES)) {
  console.error(`bench: wanted one of ${Object.keys(BENCHES).join(', ')}, got ${name ?? 'nothing'}`);
  process.exitCode = 2;
} else {
  const { main } = await import(BENCHES[name]);
  await main(options);
}
