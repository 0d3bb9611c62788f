import type { RunSpec } from '../../chaincode/src/model';

/** A run spec that every strategy can move: no secrets, no volumes, nothing of the host. */
export const RUN_SPEC: RunSpec = {
  v: 1,
  port: 8080,
  healthPath: '/health',
  command: [],
  env: [],
  user: '',
  volumes: [],
  privileged: false,
  hostNamespaces: [],
  binds: [],
  capabilities: [],
  devices: [],
  gpu: false,
  stopGraceSeconds: 2,
};
