import { Document, isMap, isScalar, isSeq, type Node } from 'yaml';

import { type RunConfig } from './schema.js';

/**
 * A configuration as YAML that {@link loadConfig} reads again as the same.
 *
 * @param origin What {@link loadConfig} says of each value; it becomes the comment behind it.
 *
 * @example
 * ```ts
 * const config = parseConfig({ data: { folder: 'demo' } });
 * configToYaml(config, { 'data.folder': 'run.yaml:1' }).split('\n')[1]; // → "  folder: demo # run.yaml:1"
 * ```
 */
export function configToYaml(config: RunConfig, origin: Readonly<Record<string, string>> = {}): string {
  const document = new Document(config);
  const annotate = (node: unknown, path: string): void => {
    if (isMap(node) && node.items.length > 0) {
      for (const { key, value } of node.items) {
        annotate(value, path === '' ? String(key) : `${path}.${String(key)}`);
      }
      return;
    }
    if (isSeq(node) || isMap(node)) node.flow = true;
    const comment = origin[path];
    if (comment !== undefined && (isScalar(node) || isSeq(node) || isMap(node)))
      (node as Node).comment = ` ${comment}`;
  };
  annotate(document.contents, '');
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
