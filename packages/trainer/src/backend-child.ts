// Tries the backend that it is told and tells its parent: a native library that crashes or hangs takes this process alone.
import { CANDIDATES, tryBackend } from './backend/try-backend.js';

const candidate = CANDIDATES.find(({ name }) => name === process.argv[2]);
if (candidate !== undefined && process.send !== undefined) {
  void tryBackend(candidate, { insist: true, threads: undefined }).then((trial) => {
    process.send!(trial, () => process.exit(0)); // Dawn would keep it alive
  });
}
