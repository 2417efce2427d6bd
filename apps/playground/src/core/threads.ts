/** More threads than this are not faster for images of this size. */
const MOST_THREADS = 4;

/** Number of threads that wasm may have: one, unless the page is isolated from other sites (headers COOP and COEP). */
export function threadsHere(): number {
  const { crossOriginIsolated, navigator, Worker } = globalThis;
  if (!crossOriginIsolated || Worker === undefined) return 1;
  return Math.max(1, Math.min(MOST_THREADS, navigator.hardwareConcurrency));
}
