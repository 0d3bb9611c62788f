/**
 * The composite keys of the world state: one per (type, id, writer), so that no two writers meet on one key.
 * A key is an object type and its attributes, as `createCompositeKey` takes them.
 */
export interface Key {
  readonly objectType: string;
  readonly attributes: readonly string[];
}

/** The start of all keys of a type, for lists. */
export const prefixKey = (objectType: string, ...attributes: string[]): Key => key(objectType, ...attributes);

const key = (objectType: string, ...attributes: string[]): Key => ({ objectType, attributes });

export const nodeKey = (nodeId: string): Key => key('node', nodeId);
/** Who has registered a certificate, by its SHA-256: found without reading all nodes. */
export const certificateKey = (certificateSha256: string): Key => key('certificate', certificateSha256);
export const leaseKey = (nodeId: string): Key => key('lease', nodeId);
export const metadataKey = (metadataId: string): Key => key('metadata', metadataId);
export const confirmationKey = (metadataId: string, nodeId: string): Key => key('confirmation', metadataId, nodeId);
export const evaluationKey = (metadataId: string, nodeId: string): Key => key('evaluation', metadataId, nodeId);
export const serviceKey = (serviceId: string): Key => key('service', serviceId);
/** Where the record of a removed service is kept: what agents remember of an id stays true. */
export const removedServiceKey = (serviceId: string): Key => key('removed-service', serviceId);
export const instanceKey = (instanceId: string): Key => key('instance', instanceId);
export const migrationKey = (migrationId: string): Key => key('migration', migrationId);
export const prepareKey = (migrationId: string, nodeId: string): Key => key('prepare', migrationId, nodeId);
/** Where the record of a removed instance is kept: its id is never given out again, so its epoch never falls. */
export const removedInstanceKey = (instanceId: string): Key => key('removed-instance', instanceId);
