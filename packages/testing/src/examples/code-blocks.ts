import ts from 'typescript';

/** A fenced block of a page or of a doc comment. */
export interface CodeBlock {
  /** What follows the fence: 'ts', 'sh no-run', ... */
  readonly info: string;
  /** The line of the block's first line of code, from 1. */
  readonly line: number;
  readonly code: string;
}

/** The fenced blocks of Markdown text. */
export function markdownBlocks(text: string, firstLine = 1): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i += 1) {
    const open = /^(\s*)(`{3,})\s*(\S.*)?$/.exec(lines[i] as string);
    if (open === null) continue;
    const [, indent = '', fence = '```', info = ''] = open;
    const start = i + 1;
    do i += 1;
    while (i < lines.length && (lines[i] as string).trim() !== fence);
    const code = lines
      .slice(start, i)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    blocks.push({ info: info.trim(), line: firstLine + start, code: code.join('\n') });
  }
  return blocks;
}

/** The fenced blocks inside the doc comments of a TypeScript source. */
export function docCommentBlocks(source: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true);
  const seen = new Set<number>();
  const visit = (node: ts.Node): void => {
    for (const range of ts.getLeadingCommentRanges(source, node.getFullStart()) ?? []) {
      if (seen.has(range.pos)) continue;
      seen.add(range.pos);
      const comment = source.slice(range.pos, range.end);
      if (!comment.startsWith('/**')) continue;
      const text = comment
        .replace(/\*\/$/, '')
        .split('\n')
        .map((line) => line.replace(/^\s*\/?\*+ ?/, ''))
        .join('\n');
      blocks.push(...markdownBlocks(text, file.getLineAndCharacterOfPosition(range.pos).line + 1));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return blocks;
}
