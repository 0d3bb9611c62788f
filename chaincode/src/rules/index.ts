/** The rules: pure functions from records and arguments to records. They know neither Fabric nor a clock. */
export * from './hand-over';
export * from './instance';
export * from './lease';
export * from './metadata';
export * from './migration';
export * from './node';
export * from './same-content';
export * from './service';
export * from './takeover';
