export { setupNative, SetupError, type SetupOptions, type SetupProgress } from './setup-native/install.js';
