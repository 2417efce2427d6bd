import { RaceDriver, SLICE, type RaceRequest } from '../core/race-driver.js';

let driver: RaceDriver | undefined;

addEventListener('message', ({ data: { settings, until } }: MessageEvent<RaceRequest>) => {
  if (settings !== undefined) driver = new RaceDriver(settings);
  if (driver === undefined) return;
  const frame = driver.advance(until, SLICE.worker);
  postMessage(frame, { transfer: frame.masks.map((mask) => mask.buffer) });
});
