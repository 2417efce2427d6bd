import { RaceDriver, type RaceRequest } from '../core/race-driver.js';

let driver: RaceDriver | undefined;

addEventListener('message', ({ data }: MessageEvent<RaceRequest>) => {
  if (data.kind === 'start') driver = new RaceDriver(data.settings);
  if (driver === undefined) return;
  const frame = driver.advance(data.kind === 'step' ? 1 : data.until, data.kind === 'step' ? 0 : 14);
  postMessage(frame, { transfer: frame.masks.map((mask) => mask.buffer) });
});
