import { library } from '../../tsup.base';

export default library({
  index: 'src/index.ts',
  analyze: 'src/analyze.ts',
  cli: 'src/cli.ts',
  worker: 'src/benchmark/executors/worker.ts',
});
