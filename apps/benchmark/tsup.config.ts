import { library } from '../../tsup.base';

export default library({
  index: 'src/index.ts',
  cli: 'src/cli.ts',
  worker: 'src/benchmark/executors/worker.ts',
});
