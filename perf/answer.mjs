// The other end of `serve` in side-by-side.mjs, in the processes that measure.
import { median } from './side-by-side.mjs';

/**
 * Answers every `{ steps }` with the median time of a step, which may return a promise; `answers` has a function for any other key of a message.
 */
export function answer(step, answers = {}) {
  process.on('message', async ({ steps, ...asked }) => {
    const [other] = Object.keys(asked);
    if (other !== undefined) {
      process.send(answers[other]());
      return;
    }
    const times = [];
    for (let i = 0; i < steps; i++) {
      const start = performance.now();
      const running = step();
      if (running instanceof Promise) await running;
      times.push(performance.now() - start);
    }
    process.send({ milliseconds: median(times) });
  });
}

/** Steps until V8 has compiled all of them well: two at least, more for a second and a half. */
export function warmUp(step) {
  step();
  const begin = performance.now();
  do step();
  while (performance.now() - begin < 1500);
}
