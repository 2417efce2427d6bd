import { library } from '../../tsup.base';

export default library(['src/index.ts', 'src/wasm.ts', 'src/cpu.ts', 'src/gradients.ts', 'src/webgpu.ts']);
