/** Typed access to the world state, and the frame around each transaction function. */
export * from './arguments';
export * from './caller';
export * from './context';
export * from './run';
export * from './submission';
export * from './transaction-time';
export * from './world-state';
