import { library } from '../../tsup.base';

export default library([
  'src/index.ts',
  'src/layers.ts',
  'src/loop.ts',
  'src/setup-native.ts',
  'src/backend-child.ts',
]);
