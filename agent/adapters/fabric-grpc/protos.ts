/** Fabric's messages, without the rest of the SDK, which takes a second to load. */
export * as protos from 'fabric-protos';
