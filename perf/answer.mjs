// The other end of `serve` in side-by-side.mjs, in the processes that measure.
import { median } from './side-by-side.mjs';

/**
 * Answers every `{ steps }` with the median time of a step, on the wall and of the processor; a step may return a promise. `works` is a step, or has
 * steps by name, of which `{ work }` chooses one. `answers` has a function for any other key of a message.
 */
export function answer(works, answers = {}) {
  process.on('message', async ({ steps, work, ...asked }) => {
    const [other] = Object.keys(asked);
    if (other !== undefined) {
      process.send(answers[other]());
      return;
    }
    const step = typeof works === 'function' ? works : works[work];
    const [wall, processor] = [[], []];
    for (let i = 0; i < steps; i++) {
      const [begun, start] = [process.cpuUsage(), performance.now()];
      const running = step();
      if (running instanceof Promise) await running;
      wall.push(performance.now() - start);
      const { user, system } = process.cpuUsage(begun);
      processor.push((user + system) / 1000);
    }
    process.send({ milliseconds: median(wall), processor: median(processor) });
  });
}

/** Steps until V8 has compiled all of them well: two at least, more for a second and a half. */
export function warmUp(step) {
  step();
  const begin = performance.now();
  do step();
  while (performance.now() - begin < 1500);
}
