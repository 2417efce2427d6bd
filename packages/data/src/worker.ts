// What the threads of a loader run.
import { move, transferableSymbol, valueSymbol } from 'piscina';

import { answerTo, type ReadTask } from './loader/read-task.js';

export default async function read(task: ReadTask): Promise<unknown> {
  const answer = await answerTo(task);
  if (!('sample' in answer)) return answer;
  const { image, mask } = answer.sample;
  // Handed over, not copied.
  return move({ [valueSymbol]: answer, [transferableSymbol]: [image.buffer, mask.buffer] } as never);
}
