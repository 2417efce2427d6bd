import { type Found } from './found.js';
import { SetupError } from './setup-error.js';

const OLDEST_GLIBC = [2, 27] as const;

interface Host {
  readonly platform: string;
  readonly arch: string;
  /** Version of the GNU C library, undefined where there is another. */
  readonly glibc: string | undefined;
}

/** The wheels are for Linux on x64 with the GNU C library. */
export function checkPlatform({ platform, arch, glibc }: Host = thisHost()): Found<void> {
  const elsewhere =
    'use npm install @tensorflow/tfjs-node, or the backends webgpu and wasm, which need no TensorFlow';
  if (platform !== 'linux' || arch !== 'x64') {
    throw new SetupError('the platform, which has to be linux x64', `${platform} ${arch}`, elsewhere);
  }
  const tried = `the GNU C library, which has to be ${OLDEST_GLIBC.join('.')} or newer`;
  if (glibc === undefined) throw new SetupError(tried, 'another C library (Alpine has musl)', elsewhere);
  const [major = 0, minor = 0] = glibc.split('.').map(Number);
  const old = major < OLDEST_GLIBC[0] || (major === OLDEST_GLIBC[0] && minor < OLDEST_GLIBC[1]);
  if (old) throw new SetupError(tried, glibc, elsewhere);
  return { value: undefined, message: `${platform} ${arch}, glibc ${glibc}` };
}

function thisHost(): Host {
  const { platform, arch } = process;
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return { platform, arch, glibc: header?.glibcVersionRuntime };
}
