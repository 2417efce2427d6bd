export { loader, type Loader, type LoaderOptions } from './loader.js';
