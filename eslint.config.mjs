import { readFileSync } from 'node:fs';
import js from '@eslint/js';
import importX, { createNodeResolver } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** The one direction of the arrows: what each package may import of ours. `dependencies` obey it too, by test. */
const arrows = JSON.parse(readFileSync(new URL('arrows.json', import.meta.url), 'utf8'));

const mathematics = ['packages/losses', 'packages/bias'];
const withoutTfjs = [
  'packages/common',
  'packages/geometry',
  'packages/metrics',
  'packages/data',
  'packages/charts',
];
const everywhere = [
  'packages/common',
  'packages/geometry',
  'packages/losses',
  'packages/bias',
  'packages/metrics',
  'packages/charts',
  'packages/models',
  'apps/playground',
];

/** Rooms of a package that have narrower arrows than the package. */
const rooms = {
  'packages/trainer/src/loop': ['common', 'losses', 'kernels', 'metrics', 'data/samples', 'models'],
};

const boundary = (folder, files, allowed, anywhere) => ({
  files,
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^@segloss/(?!(${[...allowed, '-'].join('|')})(/|$))`,
            message: `${folder} may import only: ${allowed.join(', ') || 'nothing of ours'}.`,
          },
          ...(mathematics.includes(folder)
            ? [
                {
                  regex: '^@tensorflow/(?!tfjs-core$)',
                  message: 'The mathematics is backend-agnostic: tfjs-core only.',
                },
              ]
            : []),
          ...(withoutTfjs.includes(folder)
            ? [{ regex: '^@tensorflow/', message: 'Typed arrays in, numbers out: no tfjs here.' }]
            : []),
          ...(anywhere ? [{ regex: '^node:', message: 'This runs in browsers too: nothing of Node.' }] : []),
          { regex: '^@tensorflow/[^/]+/', message: 'Import a tfjs package by its name only.' },
          { regex: '(^|/)(packages|apps|src)/', message: 'Import another package by its name.' },
        ],
      },
    ],
  },
});

const boundaries = [
  ...Object.entries(arrows).map(([folder, allowed]) =>
    boundary(folder, [`${folder}/src/**/*.{ts,tsx}`], allowed, everywhere.includes(folder)),
  ),
  ...Object.entries(rooms).map(([room, allowed]) =>
    boundary(room, [`${room}.ts`, `${room}/**/*.ts`], allowed, true),
  ),
];

export default tseslint.config(
  {
    ignores: [
      '**/dist/',
      '**/node_modules/',
      '**/assembly/',
      '**/generated/',
      'benchmarks/',
      'runs/',
      'site/',
      'site-pages/',
      '**/.turbo/',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ['**/*.{ts,mjs,cjs}'],
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [
        createNodeResolver({ extensions: ['.ts', '.mjs', '.js'], extensionAlias: { '.js': ['.ts', '.js'] } }),
      ],
      'import-x/extensions': ['.ts'],
      'import-x/external-module-folders': ['node_modules', 'packages/*/dist'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        module: 'writable',
        require: 'readonly',
        __dirname: 'readonly',
        URL: 'readonly',
        performance: 'readonly',
        setTimeout: 'readonly',
        Buffer: 'readonly',
      },
    },
    rules: {
      'import-x/first': 'error',
      'import-x/no-duplicates': 'error',
      'import-x/no-cycle': ['error', { ignoreExternal: true }], // of values; test/circles.test.ts looks at types too
      'import-x/newline-after-import': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    },
  },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  ...boundaries,
);
