import { runCard, type CardRequest } from '../core/card-run.js';

addEventListener('message', ({ data }: MessageEvent<CardRequest>) => {
  void runCard(data, (answer) => postMessage(answer));
});
