/** The model: the one source of truth for every object, used by the contracts, the agent, the control API and the docs. */
export * from './canonical-json';
export * from './errors';
export * from './evaluation';
export * from './events';
export * from './instance';
export * from './keys';
export * from './metadata';
export * from './migration';
export * from './node';
export * from './primitives';
export * from './service';
export * from './transactions';
export * from './transitions';
export * from './versions';
