import { difference } from './compare.js';
import { parseExpected } from './expected-value.js';

/** What a line `expression; // → value` says. */
export interface Claim {
  readonly line: number;
  readonly text: string;
}

/** Runs an expression; throws unless it gives, or throws, what the example claims. */
export async function checkClaim(claim: Claim, run: () => Promise<unknown>): Promise<void> {
  const at = `line ${claim.line + 1}`;
  const throws = /^throws\b\s*(.*)$/s.exec(claim.text);
  if (throws === null) {
    const found = difference(await run(), parseExpected(claim.text));
    if (found !== undefined) throw new Error(`${at}: ${found}`);
    return;
  }
  const wanted = throws[1] as string;
  try {
    await run();
  } catch (error) {
    const { name, message } = error as Error;
    if (`${name}: ${message}`.includes(wanted.replace(/…$|\.\.\.$/, '')) || message.includes(wanted)) return;
    throw new Error(`${at}: the example throws ${wanted}, got ${name}: ${message}`, { cause: error });
  }
  throw new Error(`${at}: the example throws ${wanted}, got no error`);
}
