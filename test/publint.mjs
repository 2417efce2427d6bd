// Prints what publint, in strict mode, has against a packed package. publint is an ES module, jest's world is CommonJS.
import { readFileSync } from 'node:fs';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const { buffer, byteOffset, byteLength } = readFileSync(process.argv[2]);
const { messages, pkg } = await publint({
  strict: true,
  pack: { tarball: buffer.slice(byteOffset, byteOffset + byteLength) },
});
for (const message of messages)
  console.log(`${message.type}: ${formatMessage(message, pkg, { color: false })}`);
