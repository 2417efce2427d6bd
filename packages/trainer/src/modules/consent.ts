import { ModuleError } from './module-error.js';
import { type ModuleSource } from './module-source.js';

/** Whether the user's own modules may be run: `true`, or a function that is asked before any of them is loaded. */
export type ModuleConsent = boolean | ((sources: readonly ModuleSource[]) => boolean | Promise<boolean>);

/**
 * Returns which code a module consists of, in words and hashes that `sha256sum` can check; control characters are shown as text.
 *
 * @example
 * ```ts
 * describeModule({ name: './mine.ts', path: '/home/me/mine.ts', sha256: 'ab12', imports: [] }); // → "module ./mine.ts: /home/me/mine.ts (sha256 ab12)"
 * ```
 */
export function describeModule({ name, path, sha256, imports }: ModuleSource): string {
  const more = imports.map((one) => `, imports ${one.path} (sha256 ${one.sha256})`);
  return escaped(`module ${name}: ${path} (sha256 ${sha256})${more.join('')}`);
}

/** Control characters as text: a name must not change what a terminal shows. */
function escaped(text: string): string {
  return text.replace(/\p{Cc}/gu, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/**
 * Asks whether modules may be run; nothing of them has been run then.
 *
 * @param what What names them, such as the folder of a run.
 * @throws {ModuleError} If not.
 */
export async function askConsent(
  what: string,
  sources: readonly ModuleSource[],
  consent: ModuleConsent,
): Promise<void> {
  if (sources.length === 0) return;
  const given = typeof consent === 'function' ? await consent(sources) : consent;
  if (given) return;
  const list = sources.map((source) => `\n  ${describeModule(source)}`).join('');
  throw new ModuleError(
    `${what} runs code of its own:${list}\nread it, and pass --allow-modules (modules: true) if you trust it`,
  );
}
