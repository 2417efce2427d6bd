export { shellCommands } from './shell-lines.js';
export { docCommentBlocks, markdownBlocks, type CodeBlock } from './code-blocks.js';
export { runExample, withChecks } from './run-example.js';
