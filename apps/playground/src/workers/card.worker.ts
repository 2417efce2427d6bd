import { runCard } from '../core/card-run.js';
import { asError, serve } from '../core/worker.js';

serve({ inPage: runCard, failed: asError });
