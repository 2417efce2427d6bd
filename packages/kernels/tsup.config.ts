import { library } from '../../tsup.base';

export default library(['src/index.ts', 'src/wasm.ts', 'src/cpu.ts', 'src/webgpu.ts']);
