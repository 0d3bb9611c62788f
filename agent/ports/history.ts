import type { QueryName } from '../../chaincode/src/model';

/** The kinds of object whose history can be read, and the query that does: one line each. */
export const HISTORY_QUERIES = {
  metadata: 'MetadataContract:History',
  node: 'NodeContract:History',
  service: 'ServiceContract:History',
  instance: 'InstanceContract:History',
  migration: 'MigrationContract:History',
} as const satisfies Record<string, QueryName>;
export type HistoryKind = keyof typeof HISTORY_QUERIES;
