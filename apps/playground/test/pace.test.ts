import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { RaceDriver } from '../src/core/race-driver.js';
import { STEPS } from '../src/core/race.js';
import { SIMPLEX, simplexMaps } from '../src/core/simplex.js';
import { inTasks } from '../src/core/tasks.js';
import { asError, serve, SILENCE, startWork, type Work } from '../src/core/worker.js';

const RACE = { specs: ['ce', 'dice'], size: 16, q: 0.1, separability: 3, seed: 1, seeds: 2 };

/** A clock that advances by `tick` milliseconds each time it is read. */
function clock(tick: number): () => number {
  let now = 0;
  return () => (now += tick);
}

describe('a slice of the race', () => {
  it('ends after the step at which its time is over', () => {
    const driver = new RaceDriver(RACE, clock(3));
    expect(driver.advance(STEPS, 10).steps).toBe(4); // 3, 6, 9, 12 ms after the start
    expect(driver.advance(STEPS, 10).steps).toBe(8);
  });

  it('makes one step even where that takes longer than the slice', () => {
    expect(new RaceDriver(RACE, clock(1000)).advance(STEPS, 10).steps).toBe(1);
  });

  it('stops at its goal and at the end of the race', () => {
    const driver = new RaceDriver(RACE, () => 0);
    expect(driver.advance(7, 10).steps).toBe(7);
    expect(driver.advance(STEPS + 100, 10).steps).toBe(STEPS);
    expect(driver.advance(STEPS + 100, 10).steps).toBe(STEPS);
  });

  it('has the same numbers, however it is sliced', () => {
    const [one, many] = [new RaceDriver(RACE, () => 0), new RaceDriver(RACE, clock(1000))];
    const whole = one.advance(30, 10);
    let last = many.advance(30, 10);
    const added = [...last.added];
    while (last.steps < 30) {
      last = many.advance(30, 10);
      added.push(...last.added);
    }
    expect(last.standings).toEqual(whole.standings);
    expect(added).toEqual(whole.added);
    expect(added.map(({ steps }) => steps)).toEqual([15, 30]);
  });
});

describe('a computation in tasks', () => {
  it('computes one map of the simplex in each task', async () => {
    const seen: string[] = [];
    const pause = () => Promise.resolve(void seen.push('task'));
    const receive = ({ name }: { name: string }) => void seen.push(name);
    await inTasks(simplexMaps([0.6, 0.3, 0.1]), receive, new AbortController().signal, pause);
    expect(seen).toEqual([...SIMPLEX.flatMap(({ name }) => ['task', name]), 'task']);
  });

  it('stops before the next step', async () => {
    const stopping = new AbortController();
    const seen: number[] = [];
    function* steps() {
      for (let i = 0; ; i++) yield i;
    }
    const receive = (i: number) => {
      seen.push(i);
      if (i === 2) stopping.abort();
    };
    await inTasks(steps(), receive, stopping.signal, () => Promise.resolve());
    expect(seen).toEqual([0, 1, 2]);
  });
});

describe('work', () => {
  class FakeWorker {
    onmessage?: (event: { data: string }) => void;
    onerror?: (event: { message: string; preventDefault(): void }) => void;
    onmessageerror?: () => void;
    readonly log: string[] = [];
    postMessage(request: string) {
      this.log.push(request);
    }
    terminate() {
      this.log.push('terminated');
    }
    fail(message: string) {
      this.onerror!({ message, preventDefault() {} });
    }
  }

  function start(create: () => FakeWorker, inPage?: Work<string, string>['inPage']) {
    const answers: string[] = [];
    const work: Work<string, string> = {
      create: create as unknown as () => Worker,
      async inPage(request, answer, signal) {
        answer(`page ${request}`);
        await Promise.resolve();
        answer(signal.aborted ? 'too late' : 'last');
      },
      ...(inPage && { inPage }),
      isLast: (answer) => answer === 'last' || answer.startsWith('failed'),
      failed: (message) => `failed: ${message}`,
    };
    const listen = (text: string) => void answers.push(text);
    const running = startWork(work, 'go', { answer: listen, place: listen, silence: (seconds) => listen(`silent ${seconds}`) }); // prettier-ignore
    return { answers, running };
  }

  it('is done by a worker, which ends with the last answer', () => {
    const worker = new FakeWorker();
    const { answers } = start(() => worker);
    for (const data of ['one', 'last', 'after']) worker.onmessage!({ data });
    expect(answers).toEqual(['worker', 'one', 'last']);
    expect(worker.log).toEqual(['go', 'terminated']);
  });

  it('is done by the page where no worker can be made, or where its script cannot be loaded', async () => {
    const { answers } = start(() => {
      throw new TypeError('Worker is not a constructor');
    });
    await Promise.resolve();
    expect(answers).toEqual(['page', 'page go', 'last']);
    const worker = new FakeWorker();
    const second = start(() => worker);
    worker.fail('no such script');
    await Promise.resolve();
    expect(second.answers).toEqual(['worker', 'page', 'page go', 'last']);
  });

  it('fails where the worker breaks down after its first answer, and is silent after a stop', async () => {
    const worker = new FakeWorker();
    const { answers } = start(() => worker);
    worker.onmessage!({ data: 'one' });
    worker.fail('out of memory');
    expect(answers).toEqual(['worker', 'one', 'failed: out of memory']);
    const { answers: heard, running } = start(() => {
      throw new TypeError('Worker is not a constructor');
    });
    running.stop();
    await Promise.resolve();
    expect(heard).toEqual(['page', 'page go']);
  });

  it('fails where its code cannot be loaded, or an answer not be read', async () => {
    const none = () => {
      throw new TypeError('Worker is not a constructor');
    };
    const { answers } = start(none, () => Promise.reject(new TypeError('no such module')));
    await new Promise((resolve) => setTimeout(resolve));
    expect(answers).toEqual(['page', 'failed: no such module']);
    const worker = new FakeWorker();
    const second = start(() => worker);
    worker.onmessageerror!();
    expect(second.answers).toEqual(['worker', 'failed: an answer of the worker cannot be read']);
  });

  describe('that does not answer', () => {
    beforeEach(() => void jest.useFakeTimers());
    afterEach(() => void jest.useRealTimers());

    it('is said to be silent until it answers', () => {
      const worker = new FakeWorker();
      const { answers } = start(() => worker);
      jest.advanceTimersByTime(1000 * (SILENCE - 1));
      expect(answers).toEqual(['worker']);
      jest.advanceTimersByTime(6000);
      worker.onmessage!({ data: 'one' });
      expect(answers).toEqual(['worker', `silent ${SILENCE}`, `silent ${SILENCE + 5}`, 'silent 0', 'one']);
      worker.onmessage!({ data: 'last' });
      jest.advanceTimersByTime(100_000);
      expect(answers.slice(5)).toEqual(['last']);
    });
  });
});

describe('a worker', () => {
  const globals = globalThis as unknown as Record<string, unknown>;
  const listeners: Record<string, (event: object) => void> = {};
  const posted: unknown[] = [];
  beforeEach(() => {
    jest.useFakeTimers();
    posted.length = 0;
    globals['addEventListener'] = (type: string, listener: (event: object) => void) => (listeners[type] = listener); // prettier-ignore
    globals['postMessage'] = (answer: unknown) => posted.push(answer);
  });
  afterEach(() => {
    jest.useRealTimers();
    delete globals['addEventListener'];
    delete globals['postMessage'];
  });
  const drop = () => listeners['unhandledrejection']!({ reason: new Error('dropped'), preventDefault() {} });
  const failure = (message: string) => ({ kind: 'error', message });

  it('answers with what fails', async () => {
    serve<string, object>({ inPage: () => Promise.reject(new Error('no wasm')), failed: asError });
    listeners['message']!({ data: 'go' });
    await jest.advanceTimersByTimeAsync(0);
    expect(posted).toEqual([failure('no wasm')]);
  });

  it('answers where a promise was rejected that nobody waits for, unless the work continues', async () => {
    let answer!: (answer: object) => void;
    const forever = (_: string, receive: (answer: object) => void) => {
      answer = receive;
      return new Promise<void>(() => {});
    };
    serve<string, object>({ inPage: forever, failed: asError });
    listeners['message']!({ data: 'go' });
    drop();
    answer({ kind: 'phase' });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(posted).toEqual([{ kind: 'phase' }]);
    drop();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(posted).toEqual([{ kind: 'phase' }, failure('dropped')]);
  });
});
