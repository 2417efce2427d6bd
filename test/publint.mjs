// Prints what publint, in strict mode, has against a packed package. publint is an ES module, jest's world is CommonJS.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const [folder, tarball] = process.argv.slice(2);
const pkg = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const { buffer, byteOffset, byteLength } = readFileSync(tarball);
const { messages } = await publint({
  pkgDir: folder,
  strict: true,
  pack: { tarball: buffer.slice(byteOffset, byteOffset + byteLength) },
});
for (const message of messages)
  console.log(`${message.type}: ${formatMessage(message, pkg, { color: false })}`);
