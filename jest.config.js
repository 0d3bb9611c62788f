'use strict';

const swc = [
  '@swc/jest',
  {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'commonjs' },
  },
];

const project = (displayName, folders, extra = {}) => ({
  displayName,
  testEnvironment: 'node',
  roots: folders.map((folder) => `<rootDir>/test/${folder}`),
  testMatch: ['**/*.test.ts'],
  setupFiles: ['<rootDir>/test/support/tls-first.js'],
  transform: { '^.+\\.ts$': swc },
  // The model is shared by two packages, each with its own zod: one copy, so that schemas of both sides meet.
  // Dynamic imports name the compiled file, as Node needs it; here it is the source.
  moduleNameMapper: { '^zod$': require.resolve('zod'), '^(\\.{1,2}/.*)\\.js$': ['$1.js', '$1'] },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/chaincode/dist/'],
  ...extra,
});

/** @type {import('jest').Config} */
module.exports = {
  // What decides has no branch that no test has taken.
  collectCoverageFrom: ['agent/domain/**/*.ts', 'agent/app/**/*.ts', 'chaincode/src/**/*.ts'],
  coverageThreshold: { './agent/domain/': { branches: 100 }, './chaincode/src/model/': { branches: 100 } },
  projects: [
    project('unit', ['unit', 'property', 'contract']),
    project('integration', ['integration']),
    project('e2e', ['e2e']),
  ],
};
