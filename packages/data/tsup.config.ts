import { library } from '../../tsup.base';

export default library(['src/index.ts', 'src/samples.ts', 'src/worker.ts']);
