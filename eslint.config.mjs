import js from '@eslint/js';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** The one direction of the arrows: what each package may import of ours. */
const arrows = {
  losses: [],
  metrics: [],
  data: [],
  charts: [],
  bias: ['losses'],
  kernels: ['losses'],
  trainer: ['losses', 'kernels', 'metrics', 'data'],
};
const ours = Object.keys(arrows);

const boundaries = ours.map((name) => ({
  files: [`packages/${name}/src/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^@segloss/(?!(${[...arrows[name], '-'].join('|')})(/|$))`,
            message: `@segloss/${name} may import only: ${arrows[name].join(', ') || 'nothing of ours'}.`,
          },
          ...(name === 'losses' || name === 'bias'
            ? [
                {
                  regex: '^@tensorflow/(?!tfjs-core$)',
                  message: 'The mathematics is backend-agnostic: tfjs-core only.',
                },
              ]
            : []),
          ...(['metrics', 'data', 'charts'].includes(name)
            ? [{ regex: '^@tensorflow/', message: 'Typed arrays in, numbers out: no tfjs here.' }]
            : []),
          { regex: '(^|/)packages/', message: 'Import another package by its name.' },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  {
    ignores: [
      '**/dist/',
      '**/node_modules/',
      '**/assembly/',
      '**/generated/',
      'segloss-report/',
      '**/.turbo/',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ['**/*.{ts,mjs,cjs}'],
    plugins: { 'import-x': importX },
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
      'import-x/no-cycle': 'off',
      'import-x/newline-after-import': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    },
  },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  ...boundaries,
);
