import { ConfigError } from './config-error.js';
import { readValue } from './read-yaml.js';
import { branch, checkedKey, type Tree } from './tree.js';

/** `a.b=c` of the command line as a tree; c is read as YAML. */
export function overrideTree(entry: string): Tree {
  const refuse = (what: string, expected: string, remedy: string): never => {
    throw new ConfigError({ what, where: `--set ${entry}`, expected, remedy });
  };
  const at = entry.indexOf('=');
  const keys = (at < 0 ? entry : entry.slice(0, at)).trim().split('.');
  if (at < 0 || keys.some((key) => key === '')) {
    refuse(
      'this sets nothing',
      `got "${entry}"; wanted key=value`,
      'write for example --set optimizer.name=sgd',
    );
  }
  if (keys.some((key) => /^\d+$/.test(key))) {
    const list = keys
      .slice(
        0,
        keys.findIndex((key) => /^\d+$/.test(key)),
      )
      .join('.');
    refuse(
      'a list is set as a whole',
      `got ${keys.join('.')}; wanted all of its items`,
      `write --set "${list}=[a, b]"`,
    );
  }
  const value = readValue(entry.slice(at + 1), () => '--set');
  return keys.reduceRight<Tree>(
    (tree, key) => branch([[checkedKey(key, `--set ${entry}`), tree]], '--set'),
    value,
  );
}
