import { runTraining, type TrainRequest } from '../core/train-run.js';

addEventListener('message', ({ data }: MessageEvent<TrainRequest>) => {
  void runTraining(data, (answer) => postMessage(answer));
});
