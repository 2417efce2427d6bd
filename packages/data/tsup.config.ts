import { library } from '../../tsup.base';

export default library(['src/index.ts', 'src/masks.ts', 'src/samples.ts', 'src/worker.ts']);
