// `npm ci` ends with built packages, so that `npx segloss` works at once.
import { execSync } from 'node:child_process';

execSync('npx turbo run build --output-logs=errors-only', {
  stdio: 'inherit',
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
});
