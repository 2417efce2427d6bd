import pc from 'picocolors';

import { printable } from '@segloss/common';

/** Where a command writes and what it was called with; a test can pass its own. */
export interface Terminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly folder: string;
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Returns the terminal of this process: text is shown safely, and a reader that is gone, as in `| head`, is no error. */
export function processTerminal(): Terminal {
  return {
    stdout: guarded(process.stdout),
    stderr: guarded(process.stderr),
    folder: process.cwd(),
    argv: process.argv.slice(2),
    env: process.env,
  };
}

const originals = new WeakMap<object, NodeJS.WriteStream>();

/** Returns the stream behind a guarded one, for bars that move the cursor; their texts must be safe. */
export function rawStream(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return originals.get(stream) ?? stream;
}

/**
 * Returns a stream that shows control characters in text instead of sending them, but for the colors of a terminal, and drops what is written
 * after its reader has gone.
 */
export function guarded(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  let gone = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    gone = true;
  });
  const write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    if (gone || stream.destroyed) return true;
    const text = typeof chunk === 'string' ? safeText(chunk, stream.isTTY === true) : chunk;
    return (stream.write as (...all: unknown[]) => boolean).call(stream, text, ...rest);
  };
  const guard = new Proxy(stream, {
    get(target, key) {
      if (key === 'write') return write;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  originals.set(guard, stream);
  return guard;
}

// eslint-disable-next-line no-control-regex
const COLOR = /(\u001b\[[\d;]*m)/;

/** Text with its control characters shown; `colors` lets those pass that set colors. */
function safeText(text: string, colors: boolean): string {
  if (!colors) return printable(text);
  return text
    .split(COLOR)
    .map((part, i) => (i % 2 === 1 ? part : printable(part)))
    .join('');
}

/** Returns colors for a terminal, and none for a pipe or where NO_COLOR is set. */
export function colorsFor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv) {
  return pc.createColors(stream.isTTY === true && !env['NO_COLOR']);
}

/** Quotes an argument so that it can be pasted into a shell. */
export function quote(argument: string): string {
  return /^[\w./:=@#%+,-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
