import { analyze, type AnalyzeRequest } from '../core/analyze-request.js';

addEventListener('message', ({ data }: MessageEvent<AnalyzeRequest>) => {
  void analyze(data, (answer) => postMessage(answer));
});
