export { loader, type Loader, type LoaderOptions } from './loader.js';
export { readingThreads, type ReadingThreads } from './pool.js';
