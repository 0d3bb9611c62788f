'use strict';

/** The rules of the design, section 7: who may import whom. Each is an error. */

const MODEL = '^chaincode/src/model/';
const ADAPTERS = '^agent/adapters/';

/**
 * Adapters that others may stand on: mutual TLS is one mechanism for the gateway and the peers; the ledger's adapters
 * speak the same protocol to the same nodes, whichever SDK makes their transactions.
 */
const SHARED_ADAPTERS = '^agent/adapters/(tls|fabric-grpc)/';

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    forbid(
      'no-cycles',
      'A cycle has no order in which to load it; types alone may refer to each other.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    forbid(
      'no-unresolvable',
      'An import that resolves to nothing.',
      // What runs in an image has its packages there; the chaincode has its own.
      { pathNot: '^network/services/[^/]+/' },
      { couldNotResolve: true, pathNot: ['^fabric-(contract|shim)-api$', '/dist/'] },
    ),
    forbid(
      'no-undeclared-packages',
      'What is not in package.json is there by accident.',
      {},
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'no-dev-packages-in-the-product',
      'A user installs without development packages.',
      { path: '^(agent|network|chaincode/src)/' },
      { dependencyTypes: ['npm-dev'], pathNot: '(^|/)node_modules/@types/' },
    ),
    forbid(
      'nothing-imports-tests',
      'Tests know the product, never the other way round.',
      { pathNot: '^test/' },
      { path: '^test/' },
    ),
    forbid(
      'model-is-pure',
      'The model runs in the chaincode: it imports zod and nothing else.',
      { path: MODEL },
      { pathNot: [MODEL, '(^|/)node_modules/zod/'] },
    ),
    forbid(
      'chaincode-stands-alone',
      'The chaincode is deployed without the rest.',
      { path: '^chaincode/' },
      { path: '^(agent|network|test)/' },
    ),
    forbid(
      'only-the-model-of-the-chaincode',
      'Of the chaincode the rest knows the objects, not how they are written.',
      { path: '^(agent|network)/' },
      { path: '^chaincode/', pathNot: [MODEL, '^chaincode/node_modules/'] },
    ),
    forbid(
      'model-by-its-index',
      'One door: what the model does not export is its own business.',
      { path: '^(agent|network)/' },
      // The codes alone, without zod: the CLI starts faster.
      { path: MODEL, pathNot: '^chaincode/src/model/(index|errors)\\.ts$' },
    ),
    forbid(
      'domain-is-pure',
      'The domain decides; it reads no clock, file or socket.',
      { path: '^agent/domain/' },
      { pathNot: ['^agent/domain/', MODEL, '(^|/)node_modules/zod/'] },
    ),
    forbid(
      'ports-are-interfaces',
      'A port speaks of the domain, never of an SDK.',
      { path: '^agent/ports/' },
      { pathNot: ['^agent/ports/', '^agent/domain/', MODEL, '(^|/)node_modules/zod/'] },
    ),
    forbid(
      'app-knows-ports-only',
      'Use cases reach the outside through ports.',
      { path: '^agent/app/' },
      {
        pathNot: [
          '^agent/(app|ports|domain|config)/',
          MODEL,
          '(^|/)node_modules/(async-mutex|zod)/',
          '^(node:)?(crypto|events|path)$',
        ],
      },
    ),
    forbid(
      'adapters-know-no-other-adapter',
      'One SDK each, replaceable one by one.',
      { path: '^agent/adapters/([^/]+)/' },
      { path: ADAPTERS, pathNot: ['^agent/adapters/$1/', SHARED_ADAPTERS] },
    ),
    forbid(
      'adapters-know-no-use-case',
      'An adapter serves a port.',
      { path: ADAPTERS },
      { path: '^agent/(app|daemon|cli)/|^network/' },
    ),
    forbid(
      'only-the-daemon-builds-adapters',
      'One place where everything is put together.',
      { path: '^(agent|network)/', pathNot: ['^agent/(daemon|cli|docs)/', ADAPTERS] },
      { path: ADAPTERS },
    ),
    forbid(
      'fabric-in-its-adapter-only',
      'The ledger adapter can be replaced: its SDK stays inside, and what the adapters share does without one.',
      { path: '^(agent|network)/', pathNot: '^agent/adapters/fabric/' },
      { path: '(^|/)node_modules/(fabric-network|fabric-common)/' },
    ),
    forbid(
      'fabric-gateway-in-its-adapter-only',
      'The other ledger adapter has the other SDK.',
      { path: '^(agent|network)/', pathNot: '^agent/adapters/fabric-gateway/' },
      { path: '(^|/)node_modules/@hyperledger/' },
    ),
    forbid(
      'fabric-wire-in-its-adapter-only',
      "Fabric's messages and their transport are spoken in one place.",
      { path: '^(agent|network)/', pathNot: ['^agent/adapters/fabric-grpc/', '^network/fabric/'] },
      { path: '(^|/)node_modules/(fabric-protos|@grpc)/' },
    ),
    forbid(
      'fabric-wire-for-ledger-adapters-only',
      'Everybody else knows the port.',
      { path: '^(agent|network)/', pathNot: '^agent/adapters/fabric' },
      // A connection profile is a file: the command line checks one without speaking to anybody.
      { path: '^agent/adapters/fabric-grpc/', pathNot: '^agent/adapters/fabric-grpc/connection-profile\\.ts$' },
    ),
    forbid(
      'docker-in-its-adapter-only',
      'The engine adapter can be replaced.',
      { path: '^(agent|network)/', pathNot: '^agent/adapters/docker/' },
      { path: '(^|/)node_modules/dockerode/' },
    ),
    forbid(
      'the-cli-is-thin',
      'fabric-network alone costs a second of start-up: what the CLI needs of others it imports when it needs it.',
      { path: '^agent/cli/' },
      {
        path: [
          '^agent/(adapters|daemon|app)/',
          '^network/',
          '(^|/)node_modules/(fabric-|dockerode|express|@grpc|undici)',
        ],
        dependencyTypesNot: ['dynamic-import', 'type-only'],
      },
    ),
    forbid(
      'the-network-knows-no-running-agent',
      'It brings agents up from their configuration and asks them by their API; it does not reach into them.',
      { path: '^network/' },
      { path: '^agent/', pathNot: '^agent/(config|domain|ports)/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|chaincode/dist|coverage)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.mjs', '.json'], mainFields: ['main', 'types'] },
  },
};
