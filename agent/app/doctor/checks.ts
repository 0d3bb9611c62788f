import { agents } from './agents';
import { batchTimeout } from './batch-timeout';
import { capacity } from './capacity';
import { chaincode } from './chaincode';
import type { Check } from './check';
import { clock } from './clock';
import { configuration } from './config';
import { endorsement } from './endorsement';
import { engine } from './engine';
import { fabric } from './fabric';
import { identity } from './identity';
import { issuer } from './issuer';
import { journal } from './journal';
import { lease } from './lease';
import { ledger } from './ledger';
import { nodeVersion } from './node-version';
import { ownAgent } from './own-agent';
import { ports } from './ports';
import { position } from './position';
import { registration } from './registration';
import { registry } from './registry';
import { sandbox } from './sandbox';
import { state } from './state';
import { tls } from './tls';
import { tlsFiles } from './tls-files';

/** All checks, in the order in which their findings are told: from the machine outwards. */
export const CHECKS: readonly Check[] = [
  ...[nodeVersion, configuration, identity, tlsFiles, state, journal, ports, ownAgent],
  ...[engine, capacity, registry],
  ...[ledger, tls, issuer, fabric, batchTimeout, chaincode, endorsement, registration, lease, clock],
  ...[agents, position, sandbox],
];
