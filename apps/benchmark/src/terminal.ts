import pc from 'picocolors';

/** Where a command writes and what it was called with; a test can pass its own. */
export interface Terminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly folder: string;
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Returns colors for a terminal, and none for a pipe or where NO_COLOR is set. */
export function colorsFor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv) {
  return pc.createColors(stream.isTTY === true && !env['NO_COLOR']);
}

/** Quotes an argument so that it can be pasted into a shell. */
export function quote(argument: string): string {
  return /^[\w./:=@#%+,-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
