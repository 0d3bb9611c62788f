import tseslint from 'typescript-eslint';
import prettier from 'eslint-config-prettier';

const pureOnly = [
  { name: 'Date', message: 'Time comes in as an argument: endorsers and replays must agree byte for byte.' },
  { name: 'setTimeout', message: 'Pure code has no timers.' },
  { name: 'setInterval', message: 'Pure code has no timers.' },
  { name: 'process', message: 'Pure code reads no environment.' },
];

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'chaincode/dist/', '**/node_modules/', '.blosm/'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, prettier],
    languageOptions: { parserOptions: { project: './tsconfig.json' } },
    rules: {
      complexity: ['error', 10],
      'max-lines': ['error', { max: 350, skipBlankLines: false, skipComments: false }],
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
    },
  },
  {
    files: ['chaincode/src/**/*.ts'],
    // fabric-contract-api reads parameter types from decorator metadata, which a type-only import would erase.
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
  {
    files: ['agent/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'AbortSignal', property: 'any', message: 'It leaks beside a signal that lives long: joinSignals.' },
      ],
    },
  },
  {
    files: ['chaincode/src/model/**/*.ts', 'chaincode/src/contracts/**/*.ts', 'agent/domain/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...pureOnly],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Randomness comes in as an argument.' },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'max-lines': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/explicit-function-return-type': 'off',
    },
  },
);
