import { analyze } from '../core/analyze-request.js';
import { asError, serve } from '../core/worker.js';

serve({ inPage: analyze, failed: asError });
