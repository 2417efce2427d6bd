/** The commands of an `sh` block, each as its words: comments and prompts gone, lines joined, `&&` split. */
export function shellCommands(code: string): string[][] {
  return code
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .flatMap((line) => line.replace(/^\s*\$ /, '').split(/\s&&\s/))
    .map(words)
    .filter((command) => command.length > 0);
}

/** Splits at spaces outside quotes; what follows a `#` is a comment. */
function words(line: string): string[] {
  const found = line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  const comment = found.findIndex((word) => word.startsWith('#'));
  const kept = comment === -1 ? found : found.slice(0, comment);
  return kept.map((word) => word.replace(/^(["'])(.*)\1$/, '$2'));
}
