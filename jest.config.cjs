const { readdirSync, existsSync } = require('node:fs');

const transform = {
  '^.+\\.[tj]sx?$': [
    '@swc/jest',
    {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'commonjs' },
    },
  ],
};
// Published as ES modules only, so jest has to translate them.
const esmOnly = ['fast-png', 'iobuffer', 'fflate', 'internmap', 'quick-lru'];

const shared = {
  rootDir: __dirname,
  testEnvironment: '<rootDir>/packages/testing/src/environment.cjs',
  transform,
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    // d3 publishes .mjs, which jest never translates, beside a build for CommonJS.
    '^(d3-[a-z-]+)$': '<rootDir>/node_modules/$1/dist/$1.js',
    '^segloss$': '<rootDir>/apps/benchmark/src/index',
    '^segloss/([a-z-]+)$': '<rootDir>/apps/benchmark/src/$1',
    '^@segloss/([a-z]+)/([a-z-]+)$': '<rootDir>/packages/$1/src/$2',
    '^@segloss/([a-z]+)$': '<rootDir>/packages/$1/src/index',
  },
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/'],
  setupFilesAfterEnv: ['<rootDir>/packages/testing/src/jest-setup.ts'],
};

const folders = [
  ...readdirSync(`${__dirname}/packages`).map((name) => `packages/${name}`),
  ...readdirSync(`${__dirname}/apps`).map((name) => `apps/${name}`),
].filter((folder) => existsSync(`${__dirname}/${folder}/test`));

module.exports = {
  testTimeout: 600_000, // a guard against what hangs; far more than a busy machine needs
  maxWorkers: '100%',
  testSequencer: '<rootDir>/packages/testing/src/slowest-first.cjs',
  reporters: [
    'default',
    ['<rootDir>/packages/testing/src/seconds-reporter.cjs', { rootDir: __dirname }],
    '<rootDir>/packages/testing/src/count-reporter.cjs',
  ],
  projects: [
    ...folders.map((folder) => ({
      ...shared,
      displayName: folder.split('/')[1],
      testMatch: [`<rootDir>/${folder}/test/**/*.test.ts`],
    })),
    { ...shared, displayName: 'repository', testMatch: ['<rootDir>/test/**/*.test.ts'] },
  ],
};
