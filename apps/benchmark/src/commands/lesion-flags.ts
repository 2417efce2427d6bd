import { BRATS, type BratsChallenge } from '@segloss/metrics';
import { InvalidArgumentError, type Command } from 'commander';

import { parseShare } from '../options.js';

/** Adds the flags that score lesions. */
export function withLesionFlags(command: Command): Command {
  return command
    .option(
      '--lesions [iou]',
      'also score lesions (connected components): F1, missed, invented and p/q by size; found by any overlap, or one to one at an IoU above this',
      parseShare,
    )
    .option(
      '--brats <challenge>',
      `also score lesions, with lesion-wise Dice and HD95 as in BraTS 2023: ${Object.keys(BRATS).join(', ')}`,
      parseChallenge,
    );
}

function parseChallenge(text: string): BratsChallenge {
  if (Object.hasOwn(BRATS, text)) return text as BratsChallenge;
  throw new InvalidArgumentError(`Wanted ${Object.keys(BRATS).join(', ')}, got "${text}".`);
}
