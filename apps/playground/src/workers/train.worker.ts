import { runTraining } from '../core/train-run.js';
import { asError, serve } from '../core/worker.js';

serve({ inPage: runTraining, failed: asError });
