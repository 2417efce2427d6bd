// Lints one import per [folder, specifier] pair of the JSON on stdin, as if a source file of that folder held it.
// jest cannot load an ES module configuration, so this runs beside it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ESLint } from 'eslint';

const eslint = new ESLint();
const rules = [];
for (const [folder, specifier] of JSON.parse(readFileSync(0, 'utf8'))) {
  const code = `import * as other from '${specifier}';\n\nexport default other;\n`;
  const [result] = await eslint.lintText(code, { filePath: join(folder, 'src/virtual.ts') });
  rules.push(result.messages.map((message) => message.ruleId ?? message.message));
}
process.stdout.write(JSON.stringify(rules));
